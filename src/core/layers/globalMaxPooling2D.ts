import { max } from '../ops/reduce';
import { globalPooling2D } from './globalPooling2D';

export const globalMaxPooling2DLayer = globalPooling2D('GlobalMaxPooling2D', max);
