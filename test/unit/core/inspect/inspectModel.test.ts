import assert from 'node:assert/strict';
import { inspectModel } from '../../../../src/core/inspect/inspectModel';
import { SCAN_LIMIT } from '../../../../src/core/inspect/scanWeights';
import type { Layer, Model, Weight } from '../../../../src/core/model/model';
import { encodeNumbers } from '../../../../src/core/weights/decode';
import { goldenModel, goldenNetwork } from '../../../support/goldenNetworks';

const names = ['textbook', 'shared', 'nested', 'twice', 'several', 'free'];

/** Changes the top-level layer of this name. */
function withLayer(model: Model, name: string, change: (layer: Layer) => Layer): Model {
  const { network } = model.root;
  const layers = network.layers.map((layer) => (layer.name === name ? change(layer) : layer));
  return { ...model, root: { ...model.root, network: { ...network, layers } } };
}

function weight(name: string, dtype: Weight['dtype'], numbers: readonly number[], trainable = true): Weight {
  return { name, shape: [numbers.length], dtype, trainable, bytes: encodeNumbers(dtype, numbers) };
}

describe('inspectModel', () => {
  for (const name of names) {
    it(`${name}: layers, shapes, flags and parameters as Keras says`, () => {
      const golden = goldenNetwork(name);
      const inspection = inspectModel(goldenModel(golden), 'abc');
      const facts = inspection.layers.map(({ path, parameters, outputShape, trainable }) => ({ path, parameters, outputShape, trainable }));
      assert.deepEqual(facts, golden.facts);
      const { total, trainable } = golden.parameters;
      assert.deepEqual(inspection.parameters, { total, trainable, frozen: total - trainable });
      assert.deepEqual(inspection.outputs.map(({ shape }) => shape), golden.outputShapes);
      assert.ok(inspection.outputs.every(({ dtype }) => dtype === 'float32'));
      assert.deepEqual(inspection.problems, []);
      assert.equal(inspection.sha256, 'abc');
    });
  }

  it('says why a layer is frozen: the outermost frozen parent, else its own flag', () => {
    const because = (model: Model, path: string): string | null | undefined => inspectModel(model, '').layers.find((layer) => layer.path === path)?.frozenBecause;
    const nested = goldenModel(goldenNetwork('nested'));
    assert.equal(because(nested, 'base'), 'own flag');
    assert.equal(because(nested, 'base/conv'), 'frozen by base');
    assert.equal(because(nested, 'head/classes'), null);
    assert.equal(because({ ...nested, root: { ...nested.root, trainable: false } }, 'base/conv'), 'frozen by nested');
    assert.equal(because(goldenModel(goldenNetwork('textbook')), 'dense'), 'own flag');
  });

  it('names the head: inside a nested model, and none where there are several outputs', () => {
    const head = (name: string): string | null => inspectModel(goldenModel(goldenNetwork(name)), '').head;
    assert.deepEqual(names.map(head), ['dense_1', 'difference', 'head/classes', 'both', null, 'out']);
  });

  it('does not count the states of random generators, but lists them', () => {
    const model = withLayer(goldenModel(goldenNetwork('textbook')), 'dropout', (layer) => ({ ...layer, weights: [weight('seed_generator_state', 'uint32', [1, 2], false)] }));
    const inspection = inspectModel(model, '');
    assert.equal(inspection.parameters.total, 289);
    const dropout = inspection.layers.find(({ path }) => path === 'dropout');
    assert.deepEqual(dropout?.weights, [{ name: 'seed_generator_state', shape: [2], dtype: 'uint32', trainable: false }]);
    assert.equal(dropout.parameters, 0);
  });

  it('shows what it cannot run, leaves unknown what follows, and says why', () => {
    const model = withLayer(goldenModel(goldenNetwork('free')), 'conv', (layer) => ({ ...layer, className: 'MyConv' }));
    const inspection = inspectModel(model, '');
    assert.deepEqual(inspection.layers.map(({ outputShape }) => outputShape), [[null, null, null, 3], [null, null, null, 3], null, null, null]);
    assert.match(inspection.layers[2]?.opaque ?? '', /MyConv/);
    assert.deepEqual(inspection.problems.map(({ code, where }) => [code, where]), [['layer-opaque', 'conv']]);
  });

  it('calls a layer opaque whose config it does not take', () => {
    const model = withLayer(goldenModel(goldenNetwork('textbook')), 'dense', (layer) => ({ ...layer, config: { ...layer.config, lora_rank: 4 } }));
    assert.match(inspectModel(model, '').layers[1]?.opaque ?? '', /lora_rank/);
  });

  it('finds NaN and infinity in weights of every float type', () => {
    for (const dtype of ['float32', 'float16', 'bfloat16', 'float64'] as const) {
      const model = withLayer(goldenModel(goldenNetwork('textbook')), 'dense_1', (layer) => ({ ...layer, weights: [weight('kernel', dtype, [NaN, 1, Infinity, -Infinity]), weight('bias', dtype, [0])] }));
      const { problems } = inspectModel(model, '');
      const found = problems.filter(({ code }) => code === 'not-finite');
      assert.deepEqual(found.map(({ where }) => where), ['dense_1/kernel'], dtype);
      assert.match(found[0].message, /1 NaN and 2 infinite of 4/);
      const computed = problems.filter(({ code }) => code === 'computed-in-float32').map(({ message }) => message);
      assert.deepEqual(computed, dtype === 'float32' ? [] : [`2 weights are stored as ${dtype}: they are kept so and computed in float32.`]);
    }
  });

  it('does not scan above the limit, says so, and does when asked to', () => {
    const large: Weight = { name: 'kernel', shape: [SCAN_LIMIT / 4 + 1], dtype: 'float32', trainable: true, bytes: new Uint8Array(SCAN_LIMIT + 4) };
    new DataView(large.bytes.buffer).setFloat32(SCAN_LIMIT, NaN, true);
    const model = withLayer(goldenModel(goldenNetwork('textbook')), 'dense_1', (layer) => ({ ...layer, weights: [large] }));
    assert.deepEqual(inspectModel(model, '').problems.map(({ code }) => code), ['weights-not-scanned']);
    assert.deepEqual(inspectModel(model, '', { weights: true }).problems.map(({ code }) => code), ['not-finite']);
  });

  it("gives a mixed policy's compute type", () => {
    const model = withLayer(goldenModel(goldenNetwork('textbook')), 'dense_1', (layer) => ({ ...layer, config: { ...layer.config, dtype: { class_name: 'DTypePolicy', config: { name: 'mixed_float16' } } } }));
    assert.equal(inspectModel(model, '').outputs[0]?.dtype, 'float16');
  });
});
