import { maxPool } from '../ops/pool';
import { pooling } from './pooling';

export const maxPooling3DLayer = pooling('MaxPooling3D', 3, maxPool);
