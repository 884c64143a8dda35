import { z } from 'zod';
import { add, sub } from '../ops/binary';
import { greater } from '../ops/compare';
import { where } from '../ops/where';
import { augmentation, clipped, eachImage, type Range, rescaled, valueRange } from './augmentation';
import { dataFormat } from './config';

const fraction = z.number().min(0).max(1);
/** One number is the upper end. */
const share = z.union([fraction.transform((most): Range => [0, most]), z.tuple([fraction, fraction]).transform(([a, b]): Range => [Math.min(a, b), Math.max(a, b)])]).default([0, 0]);

const schema = z.object({ addition_factor: share, threshold_factor: share, value_range: valueRange, data_format: dataFormat });

/** Brightens each image and turns what is then above a threshold into its negative. */
export const solarizationLayer = augmentation({
  className: 'Solarization',
  schema,
  augment: (images, { addition_factor, threshold_factor, value_range }, draw) => {
    const [addition, threshold] = [addition_factor, threshold_factor].map(([low, high]) => draw([low, high * 255], eachImage(images)));
    const bright = clipped(add(rescaled(images, value_range, [0, 255]), addition), [0, 255]);
    return rescaled(where(greater(threshold, bright), bright, sub(255, bright)), [0, 255], value_range);
  },
});
