import { SurgeryError } from '../errors';
import { add, div, maximum, minimum, mul, pow, sub } from '../ops/binary';
import { cast } from '../ops/cast';
import { equal, greater, greaterEqual } from '../ops/compare';
import type { Value } from '../ops/graph';
import { max, sum } from '../ops/reduce';
import { reshape } from '../ops/reshape';
import { normalizeAxis, showShape } from '../ops/shape';
import { slice } from '../ops/slice';
import { softmax } from '../ops/softmax';
import { abs, elu, erf, exp, neg, relu, sigmoid, softplus, sqrt, tanh } from '../ops/unary';
import { where } from '../ops/where';

/*
 * Formulas of keras.activations (Keras 3.15, TensorFlow backend), gradients at the kinks included. Comparisons are written
 * so that NaN stays NaN, as it does in Keras.
 */

/** At zero and below the slope is `negativeSlope`. */
export function leakyRelu(x: Value, negativeSlope: number): Value {
  return where(greater(x, 0), x, mul(x, negativeSlope));
}

interface ReluOptions {
  readonly negativeSlope: number;
  readonly maxValue: number | null;
  readonly threshold: number;
}

/** `x` above the threshold up to the maximum, `negativeSlope * (x - threshold)` below it. */
export function generalRelu(x: Value, { negativeSlope, maxValue, threshold }: ReluOptions): Value {
  if (negativeSlope !== 0 && maxValue === null && threshold === 0) return leakyRelu(x, negativeSlope);
  const positive = threshold === 0 ? relu(x) : where(greater(x, threshold), x, 0);
  const clipped = maxValue === null ? positive : clipAbove(positive, maxValue);
  if (negativeSlope === 0) return clipped;
  return sub(clipped, mul(relu(sub(threshold, x)), negativeSlope));
}

/** TensorFlow's relu6 has no gradient at 6, its clip has one at the limit. */
function clipAbove(x: Value, limit: number): Value {
  return limit === 6 ? minimum(limit, x) : minimum(x, limit);
}

export function relu6(x: Value): Value {
  return minimum(6, relu(x));
}

/** alpha * (exp(x / alpha) - 1) below zero. */
export function celu(x: Value, alpha: number): Value {
  return alpha === 1 ? elu(x) : mul(elu(div(x, alpha)), alpha);
}

export function softsign(x: Value): Value {
  return div(x, add(abs(x), 1));
}

export function softShrink(x: Value, threshold: number): Value {
  return where(greater(x, threshold), sub(x, threshold), where(greater(-threshold, x), add(x, threshold), 0));
}

export function hardShrink(x: Value, threshold: number): Value {
  return where(greater(abs(x), threshold), x, 0);
}

export function hardThreshold(x: Value, threshold: number, otherwise: number): Value {
  return where(greater(x, threshold), x, otherwise);
}

export function sparsePlus(x: Value): Value {
  const raised = add(x, 1);
  return where(greaterEqual(-1, x), 0, where(greater(1, x), mul(mul(raised, raised), 0.25), x));
}

export function sparseSigmoid(x: Value): Value {
  return where(greaterEqual(-1, x), 0, where(greaterEqual(x, 1), 1, mul(add(x, 1), 0.5)));
}

export function silu(x: Value): Value {
  return mul(x, sigmoid(x));
}

/** (x + sqrt(x^2 + b)) / 2 */
export function squareplus(x: Value, b: number): Value {
  return mul(add(x, sqrt(add(mul(x, x), b))), 0.5);
}

export function gelu(x: Value, approximate: boolean): Value {
  const half = mul(x, 0.5);
  if (!approximate) return mul(half, add(erf(mul(x, Math.SQRT1_2)), 1));
  const inner = mul(add(x, mul(pow(x, 3), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(half, add(tanh(inner), 1));
}

/** The first half of an axis times the sigmoid of the second. Throws `shape-mismatch` for an odd size. */
export function glu(x: Value, axis: number): Value {
  const place = normalizeAxis(axis, x.shape.length);
  const size = x.shape[place] ?? 0;
  if (size < 0 || size % 2 !== 0) {
    throw new SurgeryError('shape-mismatch', 'glu needs an axis of even size.', { expected: 'an even size', received: showShape(x.shape) });
  }
  return mul(slice(x, place, 0, size / 2), sigmoid(slice(x, place, size / 2, size)));
}

export function tanhShrink(x: Value): Value {
  return sub(x, tanh(x));
}

export function hardTanh(x: Value): Value {
  return minimum(maximum(x, -1), 1);
}

/** Keras 3: clip(x / 6 + 1/2, 0, 1). */
export function hardSigmoid(x: Value): Value {
  return div(relu6(add(x, 3)), 6);
}

/** Keras 2: clip(x / 5 + 1/2, 0, 1). */
export function hardSigmoidOfKeras2(x: Value): Value {
  return minimum(maximum(add(mul(x, 0.2), 0.5), 0), 1);
}

export function hardSilu(x: Value): Value {
  return mul(x, hardSigmoid(x));
}

export function logSigmoid(x: Value): Value {
  return neg(softplus(neg(x)));
}

export function mish(x: Value): Value {
  return mul(x, tanh(softplus(x)));
}

/** Softmax over several axes at once. */
export function softmaxOver(x: Value, axes: readonly number[]): Value {
  const [first] = axes;
  if (axes.length === 1) return softmax(x, first);
  const over = axes.map((axis) => normalizeAxis(axis, x.shape.length));
  const raised = exp(sub(x, max(x, over, true)));
  return div(raised, sum(raised, over, true));
}

/**
 * Sparsemax over the last axis as Keras 3 computes it, without a sort: with k the number of entries not below z, and s their
 * sum, z is in the support where 1 + k z > s. Martins and Astudillo (2016) set the threshold by s of the whole support; Keras
 * sums s over all entries of the support, so that its output is no distribution, and a model trained with it needs just that.
 * An axis of size n costs n^2.
 */
export function sparsemax(x: Value): Value {
  const size = x.shape.at(-1) ?? 1;
  const rows = x.shape.slice(0, -1);
  const own = reshape(x, [...rows, size, 1]);
  const others = reshape(x, [...rows, 1, size]);
  const notBelow = cast(greaterEqual(others, own), 'float32');
  const count = sum(notBelow, [-1]);
  const total = sum(mul(notBelow, others), [-1]);
  const support = cast(greater(add(mul(count, x), 1), total), 'float32');
  const threshold = div(sub(sum(mul(support, sortedSum(own, others, x)), [-1], true), 1), sum(support, [-1], true));
  return maximum(sub(x, threshold), 0);
}

/** For each entry the sum down to it in descending order; equal entries share the mean of theirs. */
function sortedSum(own: Value, others: Value, x: Value): Value {
  const above = cast(greater(others, own), 'float32');
  const same = cast(equal(others, own), 'float32');
  const before = sum(mul(add(above, mul(same, 0.5)), others), [-1]);
  return add(before, mul(x, 0.5));
}
