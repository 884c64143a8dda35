import { mean } from '../ops/reduce';
import { globalPooling } from './globalPooling';

export const globalAveragePooling3DLayer = globalPooling('GlobalAveragePooling3D', 3, mean);
