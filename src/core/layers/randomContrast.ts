import { z } from 'zod';
import { add, mul, sub } from '../ops/binary';
import type { Value } from '../ops/graph';
import { mean } from '../ops/reduce';
import { augmentation, clipped, type Draw, eachImage, type Range, rangeWithin } from './augmentation';
import { dataFormat } from './config';

const schema = z.object({ factor: rangeWithin(0, 1), value_range: z.tuple([z.number(), z.number()]).default([0, 255]), data_format: dataFormat });

/** Moves each channel of each image away from its mean or towards it, and cuts off at the ends of the range of values. */
export const randomContrastLayer = augmentation({
  className: 'RandomContrast',
  schema,
  augment: changeContrast,
});

export function changeContrast(images: Value, { factor: [lower, upper], value_range }: { readonly factor: Range; readonly value_range: Range }, draw: Draw): Value {
  const contrast = draw([1 - lower, 1 + upper], eachImage(images));
  const centre = mean(images, [1, 2], true);
  return clipped(add(mul(sub(images, centre), contrast), centre), value_range);
}
