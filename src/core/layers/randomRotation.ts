import { z } from 'zod';
import { add, mul, sub } from '../ops/binary';
import { cos, neg, sin } from '../ops/unary';
import { augmentation, rangeWithin, samplingConfig } from './augmentation';
import { sampleImages } from './sampleImage';

const schema = z.object({ factor: rangeWithin(-1, 1), ...samplingConfig });

/** Turns each image about its middle; the factor counts whole turns. */
export const randomRotationLayer = augmentation({
  className: 'RandomRotation',
  schema,
  augment: (images, config, draw) => {
    const [, height = 1, width = 1] = images.shape;
    const angle = mul(draw(config.factor), 2 * Math.PI);
    const [cosine, sine] = [cos(angle), sin(angle)];
    const [x, y] = [(width - 1) / 2, (height - 1) / 2];
    return sampleImages(images, {
      a: [cosine, neg(sine), add(sub(x, mul(cosine, x)), mul(sine, y))],
      b: [sine, cosine, sub(sub(y, mul(sine, x)), mul(cosine, y))],
    }, config);
  },
});
