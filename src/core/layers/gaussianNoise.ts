import { z } from 'zod';
import { add, mul } from '../ops/binary';
import { readConfig } from './config';
import type { LayerDefinition } from './layer';
import { asFloat, only } from './shapes';

const schema = z.object({ stddev: z.number().min(0).max(1) });

type GaussianNoiseConfig = z.output<typeof schema>;

/** In training, adds normal noise of this standard deviation. */
export const gaussianNoiseLayer: LayerDefinition<GaussianNoiseConfig> = {
  className: 'GaussianNoise',
  parse: (config, where) => readConfig(schema, config, where),
  passesMask: true,
  weights: () => [],
  outputShapes: (_config, inputs) => [only(inputs, 'GaussianNoise')],
  call: ({ config: { stddev }, training, random }, inputs) => {
    const x = only(inputs, 'GaussianNoise');
    return [training && stddev > 0 ? add(asFloat(x), mul(random(x.shape, 'normal'), stddev)) : x];
  },
  trainingDiffers: ({ stddev }) => (stddev > 0 ? 'it adds noise in training' : undefined),
};
