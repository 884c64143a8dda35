import { mean } from '../ops/reduce';
import { globalPooling } from './globalPooling';

export const globalAveragePooling2DLayer = globalPooling('GlobalAveragePooling2D', 2, mean);
