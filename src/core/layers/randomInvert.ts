import { z } from 'zod';
import { sub } from '../ops/binary';
import { where } from '../ops/where';
import { augmentation, chosenImages, rangeWithin } from './augmentation';
import { dataFormat } from './config';

const schema = z.object({ factor: rangeWithin(0, 1).default([0, 1]), value_range: z.tuple([z.number(), z.number()]).default([0, 255]), data_format: dataFormat });

/** Turns some images into their negatives. */
export const randomInvertLayer = augmentation({
  className: 'RandomInvert',
  schema,
  augment: (images, { factor, value_range: [, most] }, draw) => where(chosenImages(images, factor, draw), sub(most, images), images),
});
