import { z } from 'zod';
import { mul, sub } from '../ops/binary';
import type { Value } from '../ops/graph';
import { augmentation, rangeWithin, samplingConfig, type Range } from './augmentation';
import { sampleImages } from './sampleImage';

const schema = z.object({
  height_factor: rangeWithin(-1, 1),
  width_factor: rangeWithin(-1, 1).nullish().transform((range) => range ?? null),
  ...samplingConfig,
});

/** Out by a positive factor and in by a negative one, about the middle; by the height's for both where there is no other. */
export const randomZoomLayer = augmentation({
  className: 'RandomZoom',
  schema,
  augment: (images, config, draw) => {
    const [, height = 1, width = 1] = images.shape;
    const zoom = ([low, high]: Range): Value => draw([1 + low, 1 + high]);
    const ofHeight = zoom(config.height_factor);
    const ofWidth = config.width_factor === null ? ofHeight : zoom(config.width_factor);
    const shift = (size: number, by: Value): Value => mul(sub(1, by), (size - 1) / 2);
    return sampleImages(images, { a: [ofWidth, 0, shift(width, ofWidth)], b: [0, ofHeight, shift(height, ofHeight)] }, config);
  },
});
