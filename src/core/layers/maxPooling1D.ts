import { maxPool } from '../ops/pool';
import { pooling } from './pooling';

export const maxPooling1DLayer = pooling('MaxPooling1D', 1, maxPool);
