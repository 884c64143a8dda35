import { avgPool } from '../ops/pool';
import { pooling } from './pooling';

/** The padding of `same` is not counted. */
export const averagePooling3DLayer = pooling('AveragePooling3D', 3, avgPool);
