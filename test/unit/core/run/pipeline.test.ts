import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeH5 } from '../../../../src/core/formats/writeH5';
import { writeKeras } from '../../../../src/core/formats/writeKeras';
import { readZip } from '../../../../src/core/formats/zip';
import { inspectModel } from '../../../../src/core/inspect/inspectModel';
import type { Model } from '../../../../src/core/model/model';
import { predictModel } from '../../../../src/core/run/evaluate';
import { applyOperations } from '../../../../src/core/surgery/operations';
import { openEngine } from '../../../../src/engine/openEngine';
import { readModel, sourceOf } from '../../../support/memorySource';
import { tickingClock } from './goldenFits';

const folder = new URL('../../../keras/golden/', import.meta.url);
const golden = JSON.parse(readFileSync(new URL('pipeline.json', folder), 'utf8')) as { inputs: number[]; outputs: number[]; parameters: number };

async function predicts(model: Model): Promise<void> {
  const engine = await openEngine('reference', { write: () => {} });
  const [name] = model.root.network.inputs.map((input) => input.name);
  const set = { samples: 3, inputs: { [name]: { shape: [3, 4], data: Float32Array.from(golden.inputs), scale: 1 } }, targets: {} };
  const [{ data }] = Object.values(await predictModel(model, set, { engine, clock: tickingClock() }));
  await engine.dispose();
  assert.equal(data.length, golden.outputs.length);
  golden.outputs.forEach((value, index) => assert.ok(Math.abs(data[index] - value) < 1e-5, `${index}: ${data[index]}, Keras has ${value}`));
}

interface WrittenConfig {
  readonly config: {
    readonly layers: readonly { readonly class_name: string; readonly config: { readonly trainable?: boolean; readonly layers: readonly { readonly config: { readonly trainable: boolean } }[] } }[];
  };
}

describe('a Pipeline of layers with variables', () => {
  it('predicts as Keras, and after a round trip through .keras and .h5', async () => {
    const model = await readModel(sourceOf(readFileSync(new URL('pipeline.keras', folder)), 'pipeline.keras'));
    await predicts(model);
    await predicts(await readModel(sourceOf(await writeKeras(model), 'again.keras')));
    await predicts(await readModel(sourceOf(await writeH5(model), 'again.h5')));
  });

  it('that is frozen freezes its layers in the file: Keras takes no flag of its own', async () => {
    const model = await readModel(sourceOf(readFileSync(new URL('pipeline.keras', folder)), 'pipeline.keras'));
    const frozen = (await applyOperations(model, [{ op: 'setTrainable', layers: ['chain'], trainable: false }], { seed: 0 })).model;
    const config = JSON.parse(new TextDecoder().decode(readZip(await writeKeras(frozen), () => true).get('config.json'))) as WrittenConfig;
    const chain = config.config.layers.find(({ class_name }) => class_name === 'Pipeline')?.config;
    assert.equal(chain?.trainable, undefined);
    assert.deepEqual(chain?.layers.map((layer) => layer.config.trainable), [false, false, false, false, false]);
  });

  it('has the variables of its layers, told apart by their names', async () => {
    const model = await readModel(sourceOf(readFileSync(new URL('pipeline.keras', folder)), 'pipeline.keras'));
    const chain = model.root.network.layers.find(({ name }) => name === 'chain');
    assert.deepEqual(chain?.weights.filter(({ trainable }) => trainable).map(({ name }) => name), ['first/kernel', 'first/bias', 'second/kernel', 'second/bias', 'normed/gamma', 'normed/beta']);
    const { total } = inspectModel(model, '').parameters;
    assert.equal(total, golden.parameters);
  });
});
