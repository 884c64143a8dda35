import { z } from 'zod';
import { add, mul, sub } from '../ops/binary';
import { augmentation, clipped, eachImage, rangeWithin, valueRange } from './augmentation';
import { toGray } from './colors';
import { dataFormat } from './config';

const schema = z.object({ factor: rangeWithin(0, 1), value_range: valueRange, data_format: dataFormat });

/** Moves each image towards its grayscale. */
export const randomColorDegenerationLayer = augmentation({
  className: 'RandomColorDegeneration',
  schema,
  augment: (images, { factor, value_range }, draw) => clipped(add(images, mul(draw(factor, eachImage(images)), sub(toGray(images), images))), value_range),
});
