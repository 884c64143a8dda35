import { max } from '../ops/reduce';
import { globalPooling } from './globalPooling';

export const globalMaxPooling3DLayer = globalPooling('GlobalMaxPooling3D', 3, max);
