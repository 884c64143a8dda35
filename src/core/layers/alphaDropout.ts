import { add, mul } from '../ops/binary';
import { greaterEqual } from '../ops/compare';
import { SELU_ALPHA, SELU_SCALE } from '../ops/unary';
import { where } from '../ops/where';
import { readConfig } from './config';
import { dropoutConfig, noiseShape } from './dropout';
import type { LayerDefinition } from './layer';
import { asFloat, only } from './shapes';
import type { z } from 'zod';

/**
 * Dropout that keeps mean and variance of what SELU gives (Klambauer et al. 2017): elements fall to SELU's lower limit, and an
 * affine map undoes what that does to the moments.
 */
export const alphaDropoutLayer: LayerDefinition<z.output<typeof dropoutConfig>> = {
  className: 'AlphaDropout',
  parse: (config, place) => readConfig(dropoutConfig, config, place),
  passesMask: true,
  weights: () => [],
  outputShapes: (_config, inputs) => [only(inputs, 'AlphaDropout')],
  call: ({ config, training, random }, inputs) => {
    const x = only(inputs, 'AlphaDropout');
    const { rate } = config;
    if (!training || rate === 0) return [x];
    const limit = -SELU_ALPHA * SELU_SCALE;
    const factor = ((1 - rate) * (1 + rate * limit ** 2)) ** -0.5;
    const keep = greaterEqual(random(noiseShape(config, x.shape, 'AlphaDropout')), rate);
    return [add(mul(where(keep, asFloat(x), limit), factor), -factor * limit * rate)];
  },
  trainingDiffers: ({ rate }) => (rate > 0 ? 'it drops at random in training' : undefined),
};
