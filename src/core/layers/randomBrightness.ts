import { z } from 'zod';
import { add, maximum, minimum, mul } from '../ops/binary';
import { augmentation, rangeWithin } from './augmentation';
import { dataFormat } from './config';

const schema = z.object({
  factor: rangeWithin(-1, 1),
  value_range: z.tuple([z.number(), z.number()]).transform(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const).default([0, 255]),
  data_format: dataFormat,
});

/** Adds a share of the range of values to each image, and cuts off at the range's ends. */
export const randomBrightnessLayer = augmentation({
  className: 'RandomBrightness',
  schema,
  augment: (images, { factor, value_range: [low, high] }, draw) => {
    const delta = mul(draw(factor, [images.shape[0] ?? 1, 1, 1, 1]), high - low);
    return minimum(maximum(add(images, delta), low), high);
  },
});
