import { z } from 'zod';
import { add, div, mul, sub } from '../ops/binary';
import type { Value } from '../ops/graph';
import { augmentation, clipped, type Draw, eachImage, type Range, rangeWithin, valueRange } from './augmentation';
import { fromHsv, toHsv } from './colors';
import { dataFormat } from './config';

/** Keras' epsilon. */
const EPSILON = 1e-7;

const schema = z.object({ factor: rangeWithin(0, 1), value_range: valueRange, data_format: dataFormat });

/** Makes the colors of each image duller (factors below a half) or stronger. */
export const randomSaturationLayer = augmentation({
  className: 'RandomSaturation',
  schema,
  augment: saturate,
});

export function saturate(images: Value, { factor, value_range }: { readonly factor: Range; readonly value_range: Range }, draw: Draw): Value {
  const drawn = draw(factor, eachImage(images));
  const [hue, saturation, value] = toHsv(images);
  return fromHsv([hue, clipped(mul(saturation, div(drawn, add(sub(1, drawn), EPSILON))), value_range), value]);
}
