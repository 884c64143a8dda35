import { z } from 'zod';
import { dataFormat, readConfig, sizes } from './config';
import { enlarged, enlargedShape } from './enlarge';
import { interpolationNames } from './interpolation';
import type { LayerDefinition } from './layer';
import { resizeImages } from './resize';
import { asFloat, only, requireRank } from './shapes';
import { inChannelsLast, spatialSizes } from './windows';

const schema = z.object({
  size: sizes(2).default([2, 2]),
  data_format: dataFormat,
  interpolation: z.string().toLowerCase().pipe(z.enum(interpolationNames)).default('nearest'),
});

type UpSampling2DConfig = z.output<typeof schema>;

/** Images a whole number of times as high and as wide. */
export const upSampling2DLayer: LayerDefinition<UpSampling2DConfig> = {
  className: 'UpSampling2D',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: ({ size, data_format }, inputs) => {
    const input = only(inputs, 'UpSampling2D');
    requireRank(input, 4, 'UpSampling2D');
    return [enlargedShape(input, size, data_format)];
  },
  call: ({ config: { size, data_format, interpolation } }, inputs) => {
    const x = only(inputs, 'UpSampling2D');
    requireRank(x.shape, 4, 'UpSampling2D');
    if (interpolation === 'nearest') return [enlarged(x, size, data_format)];
    return [inChannelsLast(asFloat(x), data_format, (images) => {
      const [height = 1, width = 1] = spatialSizes(images).map((length, axis) => length * (size[axis] ?? 1));
      return resizeImages(images, [height, width], { interpolation, antialias: false });
    })];
  },
};
