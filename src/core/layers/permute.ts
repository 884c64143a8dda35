import { z } from 'zod';
import { transpose } from '../ops/transpose';
import { readConfig } from './config';
import type { LayerDefinition } from './layer';
import { only, requireRank } from './shapes';

const schema = z.object({
  dims: z.array(z.int().positive()).refine((dims) => dims.every((_, index) => dims.includes(index + 1)), 'each axis from 1 once'),
});

type PermuteConfig = z.output<typeof schema>;

/** The axes of each sample in another order; Keras counts them from 1. */
export const permuteLayer: LayerDefinition<PermuteConfig> = {
  className: 'Permute',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: ({ dims }, inputs) => {
    const input = only(inputs, 'Permute');
    requireRank(input, dims.length + 1, 'Permute');
    return [[0, ...dims].map((axis) => input[axis] ?? null)];
  },
  call: ({ config: { dims } }, inputs) => {
    const x = only(inputs, 'Permute');
    requireRank(x.shape, dims.length + 1, 'Permute');
    return [transpose(x, [0, ...dims])];
  },
};
