import { avgPool } from '../ops/pool';
import { pooling } from './pooling';

/** The padding of `same` is not counted. */
export const averagePooling2DLayer = pooling('AveragePooling2D', 2, avgPool);
