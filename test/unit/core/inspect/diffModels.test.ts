import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { diffModels, differenceStatistics } from '../../../../src/core/inspect/diffModels';
import type { Layer, Model } from '../../../../src/core/model/model';
import { findLayer, mapLayers } from '../../../../src/core/surgery/edit';
import { applyOperation } from '../../../../src/core/surgery/operations';
import { decodeNumbers, encodeNumbers } from '../../../../src/core/weights/decode';
import { openModel } from '../../../../src/node/jobs/openModel';
import { goldenFormats } from '../../cli/workplace';
import { built, dense, sequential } from '../surgery/models';

const model = built(sequential([300], [dense('wide', 300), dense('answer', 2)]));

/** The model with the numbers of one kernel changed. */
function withKernel(name: string, change: (value: number, index: number) => number): Model {
  return mapLayers(model, (layer): Layer => (layer.name !== name ? layer : {
    ...layer, weights: layer.weights.map((weight) => (weight.name === 'kernel' ? { ...weight, bytes: encodeNumbers('float32', [...decodeNumbers(weight)].map(change)) } : weight)),
  }));
}

describe('difference of two models', () => {
  const sameInKeras = readdirSync(goldenFormats).filter((name) => name.endsWith('.keras3.keras')).map((name) => name.slice(0, -'.keras'.length)).filter((name) => readdirSync(goldenFormats).includes(`${name}.h5`));

  it('there are models in both formats', () => assert.ok(sameInKeras.length > 8));
  for (const name of sameInKeras) {
    it(`${name}: the same in .keras and .h5`, async () => {
      const [one, other] = [await openModel(join(goldenFormats, `${name}.keras`)), await openModel(join(goldenFormats, `${name}.h5`))];
      assert.deepEqual(diffModels(one.model, other.model), { same: true, added: [], removed: [], changed: [] });
    });
  }

  it('figures over more than one chunk', () => {
    const kernel = [...decodeNumbers(findLayer(model, 'wide').layer.weights[0])];
    const { same, changed } = diffModels(model, withKernel('wide', (value, index) => (index === 80_000 ? value + 3 : value)));
    assert.deepEqual([same, changed.map(({ path, weights }) => [path, weights.map(({ name }) => name)])], [false, [['wide', ['kernel']]]]);
    const [{ maxAbs, relative, cosine }] = changed[0].weights;
    const norm = Math.sqrt(kernel.reduce((sum, value) => sum + value * value, 0));
    const other = Math.sqrt(norm ** 2 - kernel[80_000] ** 2 + (kernel[80_000] + 3) ** 2);
    const expected = { maxAbs: 3, relative: 3 / norm, cosine: (norm ** 2 + 3 * kernel[80_000]) / (norm * other) };
    for (const [found, wanted] of [[maxAbs, expected.maxAbs], [relative, expected.relative], [cosine, expected.cosine]]) assert.ok(Math.abs((found ?? NaN) - (wanted ?? 0)) < 1e-6);
  });

  it('a NaN is a difference that stays visible', () => {
    const { changed } = diffModels(model, withKernel('wide', (value, index) => (index === 5 ? NaN : value + 1)));
    assert.ok(Number.isNaN(changed[0].weights[0].maxAbs));
    const { nan, min } = differenceStatistics(findLayer(model, 'wide').layer.weights[0], findLayer(withKernel('wide', (value, index) => (index === 5 ? NaN : value + 1)), 'wide').layer.weights[0]);
    assert.deepEqual([nan, Math.abs(min - 1) < 1e-6], [1, true]);
  });

  it('the same numbers in another element type are the same', () => {
    const wide = mapLayers(model, (layer) => ({ ...layer, weights: layer.weights.map((weight) => ({ ...weight, dtype: 'float64' as const, bytes: encodeNumbers('float64', decodeNumbers(weight)) })) }));
    assert.equal(diffModels(model, wide).same, true);
  });

  it('an activation that changed is a difference without weights', async () => {
    const { model: edited } = await applyOperation(model, { op: 'setActivation', layer: 'wide', activation: 'tanh' }, { seed: 0 });
    assert.deepEqual(diffModels(model, edited), { same: false, added: [], removed: [], changed: [{ path: 'wide', weights: [], settings: ['activation'] }] });
  });
});
