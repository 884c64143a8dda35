import { z } from 'zod';
import { add, maximum, minimum, mul, sub } from '../ops/binary';
import { mean } from '../ops/reduce';
import { augmentation, rangeWithin } from './augmentation';
import { dataFormat } from './config';

const schema = z.object({ factor: rangeWithin(0, 1), value_range: z.tuple([z.number(), z.number()]).default([0, 255]), data_format: dataFormat });

/** Moves each channel of each image away from its mean or towards it, and cuts off at the ends of the range of values. */
export const randomContrastLayer = augmentation({
  className: 'RandomContrast',
  schema,
  augment: (images, { factor: [lower, upper], value_range: [low, high] }, draw) => {
    const contrast = draw([1 - lower, 1 + upper], [images.shape[0] ?? 1, 1, 1, 1]);
    const centre = mean(images, [1, 2], true);
    return minimum(maximum(add(mul(sub(images, centre), contrast), centre), low), high);
  },
});
