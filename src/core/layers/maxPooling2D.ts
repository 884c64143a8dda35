import { maxPool } from '../ops/pool';
import { pooling } from './pooling';

export const maxPooling2DLayer = pooling('MaxPooling2D', 2, maxPool);
