import { mean } from '../ops/reduce';
import { globalPooling2D } from './globalPooling2D';

export const globalAveragePooling2DLayer = globalPooling2D('GlobalAveragePooling2D', mean);
