import { maxPool } from '../ops/pool';
import { adaptivePooling } from './adaptivePooling';

export const adaptiveMaxPooling3DLayer = adaptivePooling('AdaptiveMaxPooling3D', 3, maxPool);
