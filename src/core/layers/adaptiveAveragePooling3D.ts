import { avgPool } from '../ops/pool';
import { adaptivePooling } from './adaptivePooling';

export const adaptiveAveragePooling3DLayer = adaptivePooling('AdaptiveAveragePooling3D', 3, avgPool);
