import { add, div, minimum, mul, sub } from '../ops/binary';
import type { Value } from '../ops/graph';
import { mean, sum } from '../ops/reduce';
import { sqrt } from '../ops/unary';

/** Less the mean and over the standard deviation along axes: (x - mean) / sqrt(variance + epsilon), the population's variance. */
export function standardized(x: Value, axes: readonly number[], epsilon: number): Value {
  const centred = sub(x, mean(x, axes, true));
  return mul(centred, inverseRoot(mean(mul(centred, centred), axes, true), epsilon));
}

/** Over the root of the mean square along axes: x / sqrt(mean(x^2) + epsilon). */
export function overRootMeanSquare(x: Value, axes: readonly number[], epsilon: number): Value {
  return mul(x, inverseRoot(mean(mul(x, x), axes, true), epsilon));
}

/** Over the standard deviation, the mean kept: what Keras' `rms_scaling` of layer normalization computes. */
export function overDeviation(x: Value, axes: readonly number[], epsilon: number): Value {
  const centred = sub(x, mean(x, axes, true));
  return mul(x, inverseRoot(mean(mul(centred, centred), axes, true), epsilon));
}

/** Of length 1 along axes: x min(1 / sqrt(sum x^2), 1 / epsilon), as `keras.ops.normalize`. */
export function unitLength(x: Value, axes: readonly number[], epsilon: number): Value {
  return mul(x, minimum(div(1, sqrt(sum(mul(x, x), axes, true))), 1 / epsilon));
}

function inverseRoot(variance: Value, epsilon: number): Value {
  return div(1, sqrt(add(variance, epsilon)));
}
