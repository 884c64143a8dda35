import assert from 'node:assert/strict';
import type { Model } from '../../../../src/core/model/model';
import { networkSize } from '../../../../src/core/training/networkSize';
import { applyFreeze } from '../../../../src/core/surgery/flags';
import { fitModel, goldenFit } from '../run/goldenFits';

function withUnreadableWeights(model: Model): Model {
  return JSON.parse(JSON.stringify(model, (key, value: unknown) => (key === 'bytes' ? {} : value))) as Model;
}

describe('the size of a network', () => {
  it('counts weights and the multiplications of its convolutions', () => {
    const model = fitModel(goldenFit('cnn_sgd'));
    const { weights, convolutions } = networkSize(model);
    // A 3x3 convolution of [6, 5, 2] to three channels, normalization, and Dense(3) of 18 numbers.
    assert.equal(weights, 3 * 3 * 2 * 3 + 3 + 4 * 3 + 18 * 3 + 3);
    assert.equal(convolutions, 6 * 5 * 3 * (3 * 3 * 2));
  });

  it('is that of the architecture: flags and numbers change nothing', () => {
    const model = fitModel(goldenFit('cnn_sgd'));
    assert.deepEqual(networkSize(applyFreeze(model, ['conv', 'norm'])), networkSize(model));
    assert.deepEqual(networkSize(withUnreadableWeights(model)), networkSize(model));
  });

  it('of a network without convolutions has none', () => {
    assert.equal(networkSize(fitModel(goldenFit('binary'))).convolutions, 0);
  });
});
