import { z } from 'zod';
import { add, mul, sub } from '../ops/binary';
import { greater } from '../ops/compare';
import type { Value } from '../ops/graph';
import { where } from '../ops/where';
import { augmentation, clipped, type Draw, eachImage, type Range, rangeWithin, rescaled, valueRange } from './augmentation';
import { fromHsv, toHsv } from './colors';
import { dataFormat } from './config';

const schema = z.object({ factor: rangeWithin(0, 1), value_range: valueRange, data_format: dataFormat });

/** Turns the hue of each image one way or the other, by up to half a turn. */
export const randomHueLayer = augmentation({
  className: 'RandomHue',
  schema,
  augment: turnHue,
});

export function turnHue(images: Value, { factor, value_range }: { readonly factor: Range; readonly value_range: Range }, draw: Draw): Value {
  const back = greater(draw([0, 1], eachImage(images)), 0.5);
  const turn = mul(draw(factor, eachImage(images)), where(back, -0.5, 0.5));
  const [hue, saturation, value] = toHsv(rescaled(images, value_range, [0, 1]));
  const turned = add(hue, turn);
  const below = where(greater(turned, 1), sub(turned, 1), turned);
  return rescaled(clipped(fromHsv([where(greater(0, below), add(below, 1), below), saturation, value]), [0, 1]), [0, 1], value_range);
}
