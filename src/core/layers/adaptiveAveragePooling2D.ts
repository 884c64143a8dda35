import { avgPool } from '../ops/pool';
import { adaptivePooling } from './adaptivePooling';

export const adaptiveAveragePooling2DLayer = adaptivePooling('AdaptiveAveragePooling2D', 2, avgPool);
