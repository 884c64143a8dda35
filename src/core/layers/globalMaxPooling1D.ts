import { max } from '../ops/reduce';
import { globalPooling } from './globalPooling';

export const globalMaxPooling1DLayer = globalPooling('GlobalMaxPooling1D', 1, max);
