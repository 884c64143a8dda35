import { mean } from '../ops/reduce';
import { globalPooling } from './globalPooling';

export const globalAveragePooling1DLayer = globalPooling('GlobalAveragePooling1D', 1, mean);
