import { maxPool } from '../ops/pool';
import { pooling2D } from './pooling2D';

export const maxPooling2DLayer = pooling2D('MaxPooling2D', maxPool);
