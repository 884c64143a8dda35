import { z } from 'zod';
import { mul } from '../ops/binary';
import { augmentation, rangeWithin, samplingConfig } from './augmentation';
import { sampleImages } from './sampleImage';

const schema = z.object({ height_factor: rangeWithin(-1, 1), width_factor: rangeWithin(-1, 1), ...samplingConfig });

/** Shifts each image down and to the right; the factors count heights and widths. */
export const randomTranslationLayer = augmentation({
  className: 'RandomTranslation',
  schema,
  augment: (images, config, draw) => {
    const [, height = 1, width = 1] = images.shape;
    const down = mul(draw(config.height_factor), -height);
    const right = mul(draw(config.width_factor), -width);
    return sampleImages(images, { a: [1, 0, right], b: [0, 1, down] }, config);
  },
});
