import { elu } from '../ops/unary';
import { eluParameters } from './activations';
import { elementwise } from './elementwise';
import { asFloat } from './shapes';

export const eluLayer = elementwise({ className: 'ELU', schema: eluParameters, apply: (x, { alpha }) => elu(asFloat(x), alpha) });
