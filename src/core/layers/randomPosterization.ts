import { z } from 'zod';
import { add, div, mul } from '../ops/binary';
import { greater } from '../ops/compare';
import type { Value } from '../ops/graph';
import { floor } from '../ops/unary';
import { where } from '../ops/where';
import { augmentation, eachImage, type Range, rescaled, valueRange } from './augmentation';
import { dataFormat } from './config';

const count = z.int().min(1).max(8);
/** One number stands for all from 1 on; the upper end is never drawn where there are two. */
const bits = z.union([count.transform((most): Range => [1, most]), z.tuple([count, count]).transform(([a, b]): Range => [Math.min(a, b), Math.max(a, b)])]);

const schema = z.object({ factor: bits, value_range: valueRange, data_format: dataFormat });

/** Keeps so many bits of each value of an image. */
export const randomPosterizationLayer = augmentation({
  className: 'RandomPosterization',
  schema,
  augment: (images, { factor: [least, most], value_range }, draw) => {
    const kept = least === most ? add(draw([0, 0], eachImage(images)), least) : floor(draw([least, most], eachImage(images)));
    // Powers of two are taken from a list: engines round theirs.
    const step = [7, 6, 5, 4, 3, 2, 1].reduce<Value>((size, count) => where(greater(count + 0.5, kept), 2 ** (8 - count), size), mul(kept, 0.125));
    const whole = floor(rescaled(images, value_range, [0, 255]));
    return rescaled(mul(floor(div(whole, step)), step), [0, 255], value_range);
  },
});
