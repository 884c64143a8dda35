import { z } from 'zod';
import { positive, readConfig } from './config';
import type { LayerDefinition } from './layer';
import { repeat } from './repeat';
import { only, requireRank } from './shapes';

// Keras 2 wrote a list of one.
const schema = z.object({ size: z.union([positive, z.tuple([positive]).transform(([size]) => size)]).default(2) });

type UpSampling1DConfig = z.output<typeof schema>;

/** Each step `size` times. */
export const upSampling1DLayer: LayerDefinition<UpSampling1DConfig> = {
  className: 'UpSampling1D',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: ({ size }, inputs) => {
    const input = only(inputs, 'UpSampling1D');
    requireRank(input, 3, 'UpSampling1D');
    return [input.map((length, axis) => (length === null || axis !== 1 ? length : length * size))];
  },
  call: ({ config: { size } }, inputs) => {
    const x = only(inputs, 'UpSampling1D');
    requireRank(x.shape, 3, 'UpSampling1D');
    return [repeat(x, 1, size)];
  },
};
