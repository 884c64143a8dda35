import { avgPool } from '../ops/pool';
import { pooling2D } from './pooling2D';

/** The padding of `same` is not counted. */
export const averagePooling2DLayer = pooling2D('AveragePooling2D', avgPool);
