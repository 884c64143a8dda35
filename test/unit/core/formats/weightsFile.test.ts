import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { walkLayers, type Model } from '../../../../src/core/model/model';
import { readModel, readWeights, sourceOf } from '../../../support/memorySource';

const folder = new URL('../../../keras/golden/formats/', import.meta.url);
const sourceIn = (file: string): ReturnType<typeof sourceOf> => sourceOf(readFileSync(new URL(file, folder)), file);

/** Weights by layer path; their names are not in every file. */
function weightsByPath(model: Model): Record<string, string[]> {
  const weighted = [...walkLayers(model)].filter(({ layer }) => layer.weights.length > 0);
  return Object.fromEntries(weighted.map(({ path, layer }) => [path, layer.weights.map(({ shape, dtype, bytes }) => `${dtype}[${shape.join()}] ${Buffer.from(bytes).toString('hex')}`)]));
}

describe('files of weights alone', () => {
  it('of Keras 3 give the weights of the model they were saved from, by path', async () => {
    const whole = weightsByPath(await readModel(sourceIn('nested.keras3.keras')));
    assert.deepEqual(weightsByPath(await readWeights(sourceIn('nested.keras3.weights.h5'))), whole);
  });

  it('of Keras 2 give them by the names of layers', async () => {
    const whole = weightsByPath(await readModel(sourceIn('nested.keras2.h5')));
    const alone = weightsByPath(await readWeights(sourceIn('nested.keras2.only.h5')));
    const last = (path: string): string => path.split('/').at(-1) ?? '';
    const byName = (weights: Record<string, string[]>): unknown => Object.fromEntries(Object.entries(weights).map(([path, values]) => [last(path), values] as const).sort());
    assert.deepEqual(byName(alone), byName(whole));
  });

  it('may be whole models', async () => {
    for (const file of ['trained.keras3.keras', 'trained.keras3.h5', 'trained.keras2.h5']) {
      assert.deepEqual(weightsByPath(await readWeights(sourceIn(file))), weightsByPath(await readModel(sourceIn(file))));
    }
  });

  it('are no models', async () => {
    for (const file of ['nested.keras3.weights.h5', 'nested.keras2.only.h5']) {
      await assert.rejects(readModel(sourceIn(file)), { code: 'not-a-model', message: /loadWeights/ });
    }
  });
});
