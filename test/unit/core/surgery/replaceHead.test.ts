import assert from 'node:assert/strict';
import { activationNames } from '../../../../src/core/layers/activations';
import { parseLayer } from '../../../../src/core/layers/registry';
import type { Layer, Model } from '../../../../src/core/model/model';
import { headActivations } from '../../../../src/core/surgery/headActivations';
import { matchingLoss } from '../../../../src/core/surgery/matchingLoss';
import { applyOperations } from '../../../../src/core/surgery/operations';
import { operationText } from '../../../../src/core/surgery/operationText';
import { lastLayers } from '../../../../src/core/surgery/removeLayers';
import { decodeNumbers } from '../../../../src/core/weights/decode';
import { frozenPaths, predict, snapshot } from '../../../support/surgeryLaws';
import { built, compiled, dense, functional, layer, sequential } from './models';

const wide = built(sequential([50], [dense('body', 60, 'relu'), dense('old', 4, 'softmax')]), compiled);

async function newHead(seed: number, model: Model = wide): Promise<Layer> {
  const edited = await applyOperations(model, [{ op: 'replaceHead', units: 40, activation: 'softmax' }], { seed });
  const head = edited.model.root.network.layers.at(-1);
  assert.ok(head);
  return head;
}

describe('the new head', () => {
  it("is Keras' Dense: config, envelope, variables", async () => {
    const head = await newHead(0);
    assert.equal(head.className, 'Dense');
    assert.deepEqual(head.envelope, { module: 'keras.layers', registered_name: null, build_config: { input_shape: [null, 60] } });
    assert.deepEqual(head.weights.map(({ name, shape, dtype, trainable }) => [name, shape, dtype, trainable]),
      [['kernel', [60, 40], 'float32', true], ['bias', [40], 'float32', true]]);
    assert.equal(head.trainable, true);
    const { definition, config } = parseLayer(head, 'head');
    assert.deepEqual(definition.outputShapes(config, [[null, 60]]), [[null, 40]]);
  });

  it("draws Glorot's uniform numbers by the seed, zeros for the bias", async () => {
    const [kernel, bias] = (await newHead(3)).weights;
    const numbers = [...decodeNumbers(kernel)];
    const limit = Math.sqrt(6 / (60 + 40));
    assert.ok(numbers.every((number) => Math.abs(number) <= limit));
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    const variance = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0) / numbers.length;
    // 2,400 numbers: the mean errs by about limit / sqrt(3) / 49, the variance by about 2 %.
    assert.ok(Math.abs(mean) < 0.02 * limit * 3, `mean ${mean}`);
    assert.ok(Math.abs(variance / (limit ** 2 / 3) - 1) < 0.1, `variance ${variance}`);
    assert.ok(decodeNumbers(bias).every((number) => number === 0));
    assert.deepEqual((await newHead(3)).weights, (await newHead(3)).weights);
    assert.notDeepEqual((await newHead(4)).weights[0].bytes, kernel.bytes);
  });

  it('brings its loss and metrics, keeps the optimizer and drops its variables', async () => {
    const { model } = await applyOperations(wide, [{ op: 'replaceHead', units: 1, activation: 'sigmoid' }], { seed: 0 });
    assert.deepEqual(model.compile, { loss: 'binary_crossentropy', metrics: ['accuracy'], optimizer: wide.compile?.optimizer });
    assert.deepEqual(model.compileConfig, { loss: 'binary_crossentropy', metrics: ['accuracy'], loss_weights: null, weighted_metrics: null, run_eagerly: false });
    assert.deepEqual(model.optimizerVariables, []);
    const plain = await applyOperations({ ...wide, compile: null, compileConfig: null }, [{ op: 'replaceHead', units: 1, activation: 'linear' }], { seed: 0 });
    assert.equal(plain.model.compile, null);
  });

  it('has the loss that fits', () => {
    assert.equal(matchingLoss(1, 'sigmoid'), 'binary_crossentropy');
    assert.equal(matchingLoss(5, 'sigmoid'), 'binary_crossentropy');
    assert.equal(matchingLoss(3, 'softmax'), 'sparse_categorical_crossentropy');
    assert.equal(matchingLoss(1, 'linear'), 'mean_squared_error');
  });

  it('takes every activation of Keras that needs no parameters', () => {
    assert.deepEqual([...headActivations].sort(), activationNames.filter((name) => !['threshold', 'keras2_hard_sigmoid', 'exp'].includes(name)).sort());
  });

  it('keeps the bytes of what stays, so that the body computes the same', async () => {
    const { model } = await applyOperations(wide, [{ op: 'replaceHead', units: 4, activation: 'softmax' }, { op: 'removeLayers', layers: ['head'] }], { seed: 0 });
    const body = await applyOperations(wide, [{ op: 'removeLayers', layers: ['old'] }], { seed: 0 });
    assert.deepEqual(await predict(model), await predict(body.model));
  });

  it('stands behind a layer that nobody can run, where its Dense says the size', async () => {
    const opaque = { ...layer('Custom', 'mystery'), opaque: 'unknown' };
    const { network } = wide.root;
    const model: Model = { ...wide, root: { ...wide.root, network: { ...sequential([50], [opaque, { ...network.layers[1], envelope: { build_config: { input_shape: [null, 60] } } }]) } } };
    assert.deepEqual((await newHead(0, model)).weights[0].shape, [60, 40]);
  });
});

describe('operations in a row', () => {
  it('give back each model before', async () => {
    const operations = [
      { op: 'setTrainable', layers: 'all but head', trainable: false },
      { op: 'rename', layer: 'body', name: 'trunk' },
      { op: 'replaceHead', units: 2, activation: 'softmax' },
      { op: 'setTrainable', layers: ['trunk'], trainable: true },
    ] as const;
    const { model, undo } = await applyOperations(wide, operations, { seed: 1 });
    assert.equal(undo.length, 4);
    assert.equal(snapshot(undo[0]), snapshot(wide));
    for (const [index, before] of undo.entries()) {
      assert.equal(snapshot(before), snapshot((await applyOperations(wide, operations.slice(0, index), { seed: 1 })).model));
    }
    assert.deepEqual(frozenPaths(undo[3]), ['trunk']);
    assert.deepEqual(frozenPaths(model), []);
  });

  it('say what they do in one line', () => {
    assert.equal(operationText({ op: 'replaceHead', units: 1, activation: 'sigmoid' }), 'replace head: Dense 1 sigmoid');
    assert.equal(operationText({ op: 'setTrainable', layers: ['a', 'b', 'c'], trainable: false }), 'freeze: a, b and 1 more');
    assert.equal(operationText({ op: 'setTrainable', layers: { from: 'a', to: 'b' }, trainable: true }), 'unfreeze: a to b');
    assert.equal(operationText({ op: 'removeLayers', layers: ['a', 'b'] }), 'remove: a, b');
    assert.equal(operationText({ op: 'loadWeights', from: 'x.h5', by: 'name' }), 'load weights: x.h5 by name');
  });

  it('drop the optimizer variables only where what is trained has changed', async () => {
    const frozen = await applyOperations(wide, [{ op: 'setTrainable', layers: ['body'], trainable: false }], { seed: 0 });
    assert.deepEqual(frozen.model.optimizerVariables, []);
    const same = await applyOperations(wide, [{ op: 'setTrainable', layers: 'all', trainable: true }, { op: 'rename', layer: 'body', name: 'b' }], { seed: 0 });
    assert.deepEqual(same.model.optimizerVariables, wide.optimizerVariables);
  });

  it('follow settings that are keyed by output name', async () => {
    const keyed = built(functional({ x: [3] }, [[dense('a', 3), ['x']], [dense('b', 3), ['a']], [dense('c', 1), ['a']]], ['b', 'c']), {
      compile: { loss: { b: 'mse', c: 'mae' }, metrics: { c: ['mae'] }, optimizer: null },
    });
    const renamed = await applyOperations(keyed, [{ op: 'rename', layer: 'c', name: 'size' }], { seed: 0 });
    assert.deepEqual([renamed.model.compile?.loss, renamed.model.compile?.metrics], [{ b: 'mse', size: 'mae' }, { size: ['mae'] }]);
    const cut = await applyOperations(keyed, [{ op: 'removeLayers', layers: ['b'] }], { seed: 0 });
    assert.deepEqual(cut.model.compile?.loss, { a: 'mse', c: 'mae' });
  });

  it('name the last layers', () => {
    assert.deepEqual(lastLayers(wide, 1), ['old']);
    assert.throws(() => lastLayers(wide, 2), /cannot be removed/);
    assert.throws(() => lastLayers(wide, 0), /cannot be removed/);
  });
});
