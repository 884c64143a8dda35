import { z } from 'zod';
import { add, mul } from '../ops/binary';
import { readConfig } from './config';
import type { LayerDefinition } from './layer';
import { asFloat, only } from './shapes';

const schema = z.object({ rate: z.number().min(0).lt(1) });

type GaussianDropoutConfig = z.output<typeof schema>;

/** In training, multiplies by normal numbers of mean 1 and the variance that dropout of this rate has: rate / (1 - rate). */
export const gaussianDropoutLayer: LayerDefinition<GaussianDropoutConfig> = {
  className: 'GaussianDropout',
  parse: (config, where) => readConfig(schema, config, where),
  passesMask: true,
  weights: () => [],
  outputShapes: (_config, inputs) => [only(inputs, 'GaussianDropout')],
  call: ({ config: { rate }, training, random }, inputs) => {
    const x = only(inputs, 'GaussianDropout');
    if (!training || rate === 0) return [x];
    return [mul(asFloat(x), add(mul(random(x.shape, 'normal'), Math.sqrt(rate / (1 - rate))), 1))];
  },
  trainingDiffers: ({ rate }) => (rate > 0 ? 'it multiplies by noise in training' : undefined),
};
