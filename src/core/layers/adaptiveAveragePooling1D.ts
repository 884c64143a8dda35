import { avgPool } from '../ops/pool';
import { adaptivePooling } from './adaptivePooling';

export const adaptiveAveragePooling1DLayer = adaptivePooling('AdaptiveAveragePooling1D', 1, avgPool);
