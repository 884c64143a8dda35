import { z } from 'zod';
import { mul } from '../ops/binary';
import { greater } from '../ops/compare';
import { where } from '../ops/where';
import { augmentation, type Range, samplingConfig } from './augmentation';
import { sampleImages } from './sampleImage';

const size = z.number().min(-1).max(1);
/** One number stands for both directions. */
const shear = z.union([size.transform((most): Range => [-Math.abs(most), Math.abs(most)]), z.tuple([size, size]).transform(([a, b]): Range => [Math.min(a, b), Math.max(a, b)])]).default([0, 0]);

const schema = z.object({ x_factor: shear, y_factor: shear, ...samplingConfig });

/** Shears each image along either axis. */
export const randomShearLayer = augmentation({
  className: 'RandomShear',
  schema,
  augment: (images, config, draw) => {
    const back = where(greater(draw([0, 1]), 0.5), -1, 1);
    const down = mul(draw(config.y_factor), back);
    const right = mul(draw(config.x_factor), back);
    return sampleImages(images, { a: [1, right, 0], b: [down, 1, 0] }, config);
  },
});
