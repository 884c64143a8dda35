import { softmaxOf, softmaxParameters } from './activations';
import { elementwise } from './elementwise';
import { asFloat } from './shapes';

export const softmaxLayer = elementwise({ className: 'Softmax', schema: softmaxParameters, apply: (x, config) => softmaxOf(asFloat(x), config) });
