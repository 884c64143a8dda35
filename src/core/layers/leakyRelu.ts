import { leakyRelu } from './activationFunctions';
import { leakyParameters } from './activations';
import { elementwise } from './elementwise';
import { asFloat } from './shapes';

export const leakyReluLayer = elementwise({
  className: 'LeakyReLU',
  schema: leakyParameters,
  apply: (x, { negative_slope, alpha }) => leakyRelu(asFloat(x), negative_slope ?? alpha ?? 0.3),
});
