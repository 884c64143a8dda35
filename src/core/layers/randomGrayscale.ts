import { z } from 'zod';
import { broadcastTo } from '../ops/broadcastTo';
import { greater } from '../ops/compare';
import { where } from '../ops/where';
import { augmentation, eachImage } from './augmentation';
import { toGray } from './colors';
import { dataFormat } from './config';

const schema = z.object({ factor: z.number().min(0).max(1).default(0.5), data_format: dataFormat });

/** Takes the colors of some images; the factor is how many. */
export const randomGrayscaleLayer = augmentation({
  className: 'RandomGrayscale',
  schema,
  augment: (images, { factor }, draw) => where(greater(factor, draw([0, 1], eachImage(images))), broadcastTo(toGray(images), images.shape), images),
});
