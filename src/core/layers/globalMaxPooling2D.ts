import { max } from '../ops/reduce';
import { globalPooling } from './globalPooling';

export const globalMaxPooling2DLayer = globalPooling('GlobalMaxPooling2D', 2, max);
