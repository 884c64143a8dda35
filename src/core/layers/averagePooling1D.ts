import { avgPool } from '../ops/pool';
import { pooling } from './pooling';

/** The padding of `same` is not counted. */
export const averagePooling1DLayer = pooling('AveragePooling1D', 1, avgPool);
