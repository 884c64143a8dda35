import { z } from 'zod';
import { floatTensor } from '../model/tensor';
import { add, div, mul } from '../ops/binary';
import type { Value } from '../ops/graph';
import { sum } from '../ops/reduce';
import { reshape } from '../ops/reshape';
import { slice } from '../ops/slice';
import { exp } from '../ops/unary';
import { where } from '../ops/where';
import { augmentation, chosenImages, clipped, rangeWithin } from './augmentation';
import { dataFormat } from './config';
import { smoothed } from './smoothed';

const odd = z.int().positive().refine((size) => size % 2 === 1, 'an odd number');
const sizes = z.union([odd.transform((size): [number, number] => [size, size]), z.tuple([odd, odd])]).default([3, 3]);

const schema = z.object({ factor: rangeWithin(0, 1).default([0, 1]), kernel_size: sizes, sigma: rangeWithin(0, 1).default([0, 1]), value_range: z.tuple([z.number(), z.number()]).default([0, 255]), data_format: dataFormat });

/** Blurs some images; how much is drawn once for all of a batch. */
export const randomGaussianBlurLayer = augmentation({
  className: 'RandomGaussianBlur',
  schema,
  augment: (images, { factor, kernel_size: [rows, columns], sigma, value_range }, draw) => {
    const blurs = chosenImages(images, factor, draw);
    const deviations = add(draw(sigma, [2]), 1e-6);
    const [first, second] = [bell(rows, slice(deviations, 0, 0, 1)), bell(columns, slice(deviations, 0, 1, 2))];
    // Keras lays the product out as if both sizes were equal.
    const kernel = reshape(mul(reshape(second, [columns, 1]), first), [rows, columns]);
    return clipped(where(blurs, smoothed(images, kernel), images), value_range);
  },
});

/** A normal distribution over `size` places, by a deviation [1]. */
function bell(size: number, deviation: Value): Value {
  const places = deviation.graph.constant(floatTensor([size], Float32Array.from({ length: size }, (_, at) => at - (size - 1) / 2)));
  const scaled = div(places, deviation);
  const heights = exp(mul(mul(scaled, scaled), -0.5));
  return div(heights, sum(heights, [0], true));
}
