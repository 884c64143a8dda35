import { z } from 'zod';
import { dataFormat, readConfig, sizes } from './config';
import type { LayerDefinition } from './layer';
import { only, requireRank } from './shapes';
import { enlarged, enlargedShape } from './enlarge';

const schema = z.object({ size: sizes(3).default([2, 2, 2]), data_format: dataFormat });

type UpSampling3DConfig = z.output<typeof schema>;

/** Each element of a volume as a block of `size`. */
export const upSampling3DLayer: LayerDefinition<UpSampling3DConfig> = {
  className: 'UpSampling3D',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: ({ size, data_format }, inputs) => {
    const input = only(inputs, 'UpSampling3D');
    requireRank(input, 5, 'UpSampling3D');
    return [enlargedShape(input, size, data_format)];
  },
  call: ({ config: { size, data_format } }, inputs) => {
    const x = only(inputs, 'UpSampling3D');
    requireRank(x.shape, 5, 'UpSampling3D');
    return [enlarged(x, size, data_format)];
  },
};
