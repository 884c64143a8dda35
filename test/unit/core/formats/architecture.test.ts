import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { openArchitecture } from '../../../../src/core/formats/openModel';
import { memorySource } from '../../../../src/core/formats/byteRanges';
import { withHdf5 } from '../../../../src/core/formats/hdf5Door';
import { openZip } from '../../../../src/core/formats/zip';
import { walkLayers, type Model } from '../../../../src/core/model/model';
import type { WeightsTarget } from '../../../../src/core/surgery/operation';
import { applyOperations } from '../../../../src/core/surgery/operations';
import { readModel, readWeights, sourceOf } from '../../../support/memorySource';

const bytesOf = (file: string): Uint8Array => readFileSync(new URL(`../../../keras/golden/formats/${file}`, import.meta.url));

function weightsOf(model: Model): unknown {
  return [...walkLayers(model)].filter(({ layer }) => layer.weights.length > 0).map(({ path, layer }) => [path, layer.weights.map(({ name, shape, dtype, bytes }) => `${name} ${dtype}[${shape.join()}] ${Buffer.from(bytes).toString('hex')}`)]);
}

const architecture = async (json: Uint8Array): Promise<Model> => (await openArchitecture(memorySource(json, 'architecture.json'))).model;

async function loaded(json: Uint8Array, weights: string, by: 'name' | 'order'): Promise<Model> {
  const context = { seed: 0, readWeights: (_: string, onto?: WeightsTarget) => readWeights(sourceOf(bytesOf(weights), weights), onto) };
  return (await applyOperations(await architecture(json), [{ op: 'loadWeights', from: weights, by }], context)).model;
}

async function keras2Config(file: string): Promise<Uint8Array> {
  const text = await withHdf5(memorySource(bytesOf(file), file), file, (opened) => String(opened.attribute('/', 'model_config')));
  return new TextEncoder().encode(text);
}

describe('an architecture alone, as JSON', () => {
  it('of Keras 3 is a model again with its file of weights, by names or by the order that Keras gives them', async () => {
    for (const name of ['nested', 'conv_bn', 'recurrent']) {
      const config = openZip(sourceOf(bytesOf(`${name}.keras3.keras`), name)).read('config.json');
      const whole = weightsOf(await readModel(sourceOf(bytesOf(`${name}.keras3.keras`), name)));
      for (const by of ['name', 'order'] as const) {
        const model = await loaded(config, `${name}.keras3.weights.h5`, by);
        assert.deepEqual(weightsOf(model), whole, `${name} by ${by}`);
        assert.equal(model.untrained, false);
      }
    }
  });

  it('takes by order what bears other names, by name what is there, and says what is not', async () => {
    const config = openZip(sourceOf(bytesOf('conv_bn.keras3.keras'), 'conv_bn')).read('config.json');
    const renamed = new TextEncoder().encode(new TextDecoder().decode(config).replaceAll('"dense"', '"elsewhere"'));
    const values = (model: Model): unknown => [...walkLayers(model)].map(({ layer }) => layer.weights.map(({ bytes }) => Buffer.from(bytes).toString('hex')));
    assert.deepEqual(values(await loaded(renamed, 'conv_bn.keras3.weights.h5', 'order')), values(await readModel(sourceOf(bytesOf('conv_bn.keras3.keras'), 'conv_bn'))));
    await assert.rejects(loaded(renamed, 'conv_bn.keras3.weights.h5', 'name'), { code: 'weight-missing', expected: 'weights of elsewhere' });
    await assert.rejects(loaded(config, 'recurrent.keras3.weights.h5', 'order'), { code: 'weight-missing' });
    await assert.rejects(loaded(config, 'recurrent.keras3.weights.h5', 'name'), { code: 'weight-missing' });
  });

  it('takes the weights of a whole model, in the element types that they have', async () => {
    for (const name of ['sequential_mlp', 'conv_bn', 'multi_io', 'shared', 'half']) {
      const config = openZip(sourceOf(bytesOf(`${name}.keras3.keras`), name)).read('config.json');
      const whole = await readModel(sourceOf(bytesOf(`${name}.keras3.keras`), name));
      for (const by of ['name', 'order'] as const) assert.deepEqual(weightsOf(await loaded(config, `${name}.keras3.keras`, by)), weightsOf(whole), `${name} by ${by}`);
    }
  });

  it('of Keras 2 too', async () => {
    for (const name of ['sequential_mlp', 'conv_bn', 'nested']) {
      const model = await loaded(await keras2Config(`${name}.keras2.h5`), `${name}.keras2.h5`, 'name');
      assert.deepEqual(weightsOf(model), weightsOf(await readModel(sourceOf(bytesOf(`${name}.keras2.h5`), name))), name);
    }
  });

  it('has weights that are not read as such: a layer that gets none is named', async () => {
    const config = openZip(sourceOf(bytesOf('conv_bn.keras3.keras'), 'conv_bn')).read('config.json');
    assert.equal((await architecture(config)).untrained, true);
    await assert.rejects(loaded(config, 'sequential_mlp.keras3.keras', 'order'), { code: 'weight-mismatch' });
    const renamed = new TextDecoder().decode(config).replaceAll('"dense"', '"elsewhere"');
    await assert.rejects(loaded(new TextEncoder().encode(renamed), 'conv_bn.keras3.keras', 'name'), { code: 'weight-missing', expected: 'weights of elsewhere' });
  });

  it('is no model where it is opened as one, and broken JSON is named', async () => {
    const config = openZip(sourceOf(bytesOf('nested.keras3.keras'), 'nested')).read('config.json');
    await assert.rejects(readModel(sourceOf(config, 'config.json')), { code: 'not-a-model', message: /architecture alone/ });
    await assert.rejects(architecture(new TextEncoder().encode('{"class_name": 1, "config": {}}')), { code: 'format-broken' });
    await assert.rejects(architecture(new TextEncoder().encode('{"class_name":')), { code: 'format-broken' });
  });
});
