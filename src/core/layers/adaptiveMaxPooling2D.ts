import { maxPool } from '../ops/pool';
import { adaptivePooling } from './adaptivePooling';

export const adaptiveMaxPooling2DLayer = adaptivePooling('AdaptiveMaxPooling2D', 2, maxPool);
