import { z } from 'zod';
import { floatTensor } from '../model/tensor';
import { add, mul, sub } from '../ops/binary';
import { augmentation, clipped, eachImage, rangeWithin, valueRange } from './augmentation';
import { dataFormat } from './config';
import { smoothed } from './smoothed';

const schema = z.object({ factor: rangeWithin(0, 1), value_range: valueRange, data_format: dataFormat });

/** Blurs each image (factors below a half) or sharpens it. */
export const randomSharpnessLayer = augmentation({
  className: 'RandomSharpness',
  schema,
  augment: (images, { factor, value_range }, draw) => {
    const smooth = smoothed(images, images.graph.constant(floatTensor([3, 3], Float32Array.from({ length: 9 }, (_, at) => (at === 4 ? 5 : 1) / 13))));
    return clipped(add(images, mul(sub(1, mul(draw(factor, eachImage(images)), 2)), sub(smooth, images))), value_range);
  },
});
