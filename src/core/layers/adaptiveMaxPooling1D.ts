import { maxPool } from '../ops/pool';
import { adaptivePooling } from './adaptivePooling';

export const adaptiveMaxPooling1DLayer = adaptivePooling('AdaptiveMaxPooling1D', 1, maxPool);
