import { z } from 'zod';
import { concat } from '../ops/concat';
import { greaterEqual } from '../ops/compare';
import type { Value } from '../ops/graph';
import { slice } from '../ops/slice';
import { where } from '../ops/where';
import { augmentation } from './augmentation';
import { dataFormat } from './config';

const schema = z.object({ mode: z.enum(['horizontal', 'vertical', 'horizontal_and_vertical']).default('horizontal_and_vertical'), data_format: dataFormat });

/** Half of the images are mirrored; both ways at once where both are allowed, as Keras draws one number for an image. */
export const randomFlipLayer = augmentation({
  className: 'RandomFlip',
  schema,
  augment: (images, { mode }, draw) => {
    const flips = greaterEqual(0.5, draw([0, 1], [images.shape[0] ?? 1, 1, 1, 1]));
    const axes = [...(mode === 'vertical' ? [] : [2]), ...(mode === 'horizontal' ? [] : [1])];
    return where(flips, axes.reduce(reversed, images), images);
  },
});

function reversed(x: Value, axis: number): Value {
  const size = x.shape[axis] ?? 1;
  return concat(Array.from({ length: size }, (_, place) => slice(x, axis, size - 1 - place, size - place)), axis);
}
