import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { asFormatMeans } from '../../../../src/core/formats/hardSigmoid';
import { writeKeras } from '../../../../src/core/formats/writeKeras';
import { walkLayers, type Model } from '../../../../src/core/model/model';
import { modelOutputs } from '../../../support/modelOutputs';
import { readModel, sourceOf } from '../../../support/memorySource';

const folder = new URL('../../../keras/golden/layouts/', import.meta.url);

interface Golden {
  readonly version: string;
  readonly weights: readonly string[];
  readonly slots: readonly string[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const hashes = (model: Model): string[] => [...walkLayers(model)].flatMap(({ layer }) => layer.weights.map(({ bytes }) => hash(bytes)));

describe('.keras files of every generation', () => {
  const stems = readdirSync(folder).filter((name) => name.endsWith('.json')).map((name) => name.replace(/\.json$/, ''));
  it('are there', () => assert.deepEqual(stems, ['mixed.keras-2.13.1', 'mixed.keras-3.0.5', 'mixed.keras-3.3.3', 'mixed.tf_keras-2.21.0']));

  for (const stem of stems) {
    const golden = JSON.parse(readFileSync(new URL(`${stem}.json`, folder), 'utf8')) as Golden;
    const open = (): Promise<Model> => readModel(sourceOf(readFileSync(new URL(`${stem}.keras`, folder)), `${stem}.keras`));

    it(`${stem}: weights, optimizer and outputs are Keras'`, async () => {
      const model = await open();
      assert.equal(model.kerasVersion, golden.version);
      assert.deepEqual(hashes(model).sort(), [...golden.weights].sort());
      const [iteration, rate, ...slots] = model.optimizerVariables;
      assert.equal(new DataView(Uint8Array.from(iteration.bytes).buffer).getBigInt64(0, true), 2n);
      assert.ok(Math.abs(new DataView(Uint8Array.from(rate.bytes).buffer).getFloat32(0, true) - 0.01) < 1e-8);
      assert.deepEqual(slots.map(({ bytes }) => hash(bytes)), golden.slots);
      const [output] = modelOutputs(model, [{ shape: [8, 4, 3], data: Float64Array.from(golden.inputs) }]);
      golden.outputs.forEach((value, index) => assert.ok(Math.abs(value - output.data[index]) <= 1e-5, `${index}: ${output.data[index]} instead of ${value}`));
    });

    it(`${stem}: written as .keras and read again it is the same model`, async () => {
      const model = asFormatMeans(await open(), 'keras 3');
      const again = await readModel(sourceOf(await writeKeras(model), 'again.keras'));
      assert.deepEqual(hashes(again), hashes(model));
      assert.deepEqual(again.compile, model.compile);
      assert.deepEqual(again.optimizerVariables.map(({ bytes }) => hash(bytes)), model.optimizerVariables.map(({ bytes }) => hash(bytes)));
    });
  }
});
