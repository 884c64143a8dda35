import { reluOf, reluParameters } from './activations';
import { elementwise } from './elementwise';
import { asFloat } from './shapes';

export const reluLayer = elementwise({ className: 'ReLU', schema: reluParameters, apply: (x, config) => reluOf(asFloat(x), config) });
