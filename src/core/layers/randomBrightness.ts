import { z } from 'zod';
import { add, mul } from '../ops/binary';
import type { Value } from '../ops/graph';
import { augmentation, clipped, type Draw, eachImage, type Range, rangeWithin, valueRange } from './augmentation';
import { dataFormat } from './config';

const schema = z.object({
  factor: rangeWithin(-1, 1),
  value_range: valueRange,
  data_format: dataFormat,
});

/** Adds a share of the range of values to each image, and cuts off at the range's ends. */
export const randomBrightnessLayer = augmentation({
  className: 'RandomBrightness',
  schema,
  augment: changeBrightness,
});

export function changeBrightness(images: Value, { factor, value_range: [low, high] }: { readonly factor: Range; readonly value_range: Range }, draw: Draw): Value {
  return clipped(add(images, mul(draw(factor, eachImage(images)), high - low)), [low, high]);
}
