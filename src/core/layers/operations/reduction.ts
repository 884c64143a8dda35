import { floatTensor } from '../../model/tensor';
import { add, div, mul, sub } from '../../ops/binary';
import { cast } from '../../ops/cast';
import { concat } from '../../ops/concat';
import type { Value } from '../../ops/graph';
import { matmul } from '../../ops/matmul';
import { argMax, max, mean, sum } from '../../ops/reduce';
import { normalizeAxis } from '../../ops/shape';
import { pad } from '../../ops/pad';
import { slice } from '../../ops/slice';
import { abs, exp, log, neg, sqrt } from '../../ops/unary';
import { reshape } from '../../ops/reshape';
import { equal } from '../../ops/compare';
import { moveAxis } from './axes';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

/** Axes from the front; undefined for all of them. */
export type Reduce = (x: Value, axes: readonly number[], keepDims: boolean) => Value;

export function reduceCall(call: OperationCall, x: Value, reduce: Reduce): Value {
  const axes = call.integers('axis')?.map((axis) => normalizeAxis(axis, x.shape.length)) ?? x.shape.map((_, axis) => axis);
  if (call.has('initial')) throw call.refuse('initial', 'a value');
  return reduce(x, axes, call.flag('keepdims'));
}

/** In float32, as Keras computes means of whole numbers. */
function reduction(className: string, reduce: Reduce): KerasOperation {
  return { className, parameters: ['x'], apply: (call) => reduceCall(call, call.float('x'), reduce) };
}

/** Whole numbers stay whole. */
function wholeReduction(className: string, reduce: Reduce): KerasOperation {
  return {
    className,
    parameters: ['x'],
    apply: (call) => {
      const x = call.tensor('x');
      const result = reduceCall(call, cast(x, 'float32'), reduce);
      return x.dtype === 'float32' ? result : cast(result, 'int32');
    },
  };
}

/** Of axes of fixed size. */
function multiplied(call: OperationCall): Value {
  call.only('dtype', 'float32', 'int32');
  const x = call.tensor('x');
  const axes = call.integers('axis');
  if (!axes || axes.some((axis) => (x.shape.at(axis) ?? 1) < 0)) throw call.refuse('the axis of the batch', 'axis 0');
  const result = reduceCall(call, cast(x, 'float32'), product);
  return x.dtype === 'float32' ? result : cast(result, 'int32');
}

/** A truth value for each: whether all (any) of the reduced ones hold. */
function truth(className: string, reduce: Reduce): KerasOperation {
  return { className, parameters: ['x'], apply: (call) => cast(reduceCall(call, cast(cast(call.tensor('x'), 'bool'), 'float32'), reduce), 'bool') };
}

const min: Reduce = (x, axes, keepDims) => neg(max(neg(x), axes, keepDims));

/** Halves of an axis are multiplied until one is left: gradients pass where factors are 0. */
export const product: Reduce = (x, axes, keepDims) => {
  const multiplied = axes.reduce((value, axis) => productOver(value, axis), x);
  return keepDims ? multiplied : reshape(multiplied, x.shape.filter((_, axis) => !axes.includes(axis)));
};

function productOver(x: Value, axis: number): Value {
  const size = x.shape[axis] ?? 1;
  if (size <= 1) return x;
  const half = Math.floor(size / 2);
  const pairs = mul(slice(x, axis, 0, half), slice(x, axis, half, 2 * half));
  return productOver(size % 2 === 0 ? pairs : concat([pairs, slice(x, axis, size - 1, size)], axis), axis);
}

const variance: Reduce = (x, axes, keepDims) => {
  const centred = sub(x, mean(x, axes, true));
  return mean(mul(centred, centred), axes, keepDims);
};

/** Keras' sum of exponentials, the largest taken out first. */
const logsumexp: Reduce = (x, axes, keepDims) => {
  const largest = max(x, axes, true);
  const total = add(log(sum(exp(sub(x, largest)), axes, true)), largest);
  return keepDims ? total : reshape(total, x.shape.filter((_, axis) => !axes.includes(axis)));
};

const norms: Readonly<Record<string, Reduce>> = {
  null: (x, axes, keepDims) => sqrt(sum(mul(x, x), axes, keepDims)),
  1: (x, axes, keepDims) => sum(abs(x), axes, keepDims),
  2: (x, axes, keepDims) => sqrt(sum(mul(x, x), axes, keepDims)),
};

function norm(call: OperationCall): Value {
  const order = call.plain('ord');
  const axes = call.integers('axis');
  const key = JSON.stringify(order ?? null);
  const reduce = Object.hasOwn(norms, key) ? norms[key] : undefined;
  // Of a matrix, orders 1 and 2 are other norms.
  if (!reduce || (order !== undefined && axes?.length !== 1)) throw call.refuse(`ord as ${key}`, key);
  return reduceCall(call, call.float('x'), reduce);
}

/** The first of the largest (smallest); over all elements where no axis is given. */
function extreme(className: string, sign: 1 | -1): KerasOperation {
  return {
    className,
    parameters: ['x'],
    apply: (call) => {
      const x = sign === 1 ? call.tensor('x') : neg(call.float('x'));
      if (!call.has('axis')) throw call.refuse('no axis', 'None');
      const typed = x.dtype === 'bool' ? cast(x, 'int32') : x;
      const axis = call.axis(x);
      const found = argMax(typed, axis);
      return call.flag('keepdims') ? reshape(found, x.shape.map((dim, own) => (own === axis ? 1 : dim))) : found;
    },
  };
}

/** The axis along which a call accumulates, of fixed size. */
function accumulatedAxis(call: OperationCall, x: Value): { readonly axis: number; readonly size: number } {
  if (!call.has('axis')) throw call.refuse('no axis', 'None');
  call.only('dtype', 'float32');
  const axis = call.axis(x);
  const size = x.shape[axis] ?? 1;
  if (size < 0) throw call.refuse('the axis of the batch', 'axis 0');
  return { axis, size };
}

/** Sums up to and with each element along an axis: a product with a triangle of ones. */
export function cumulativeSum(call: OperationCall, x: Value): Value {
  const { axis, size } = accumulatedAxis(call, x);
  const triangle = Float32Array.from({ length: size * size }, (_, index) => (Math.floor(index / size) <= index % size ? 1 : 0));
  const last = moveAxis(x, axis, x.shape.length - 1);
  const rows = last.shape.length === 1 ? reshape(last, [1, size]) : last;
  const summed = matmul(rows, x.graph.constant(floatTensor([size, size], triangle)));
  return moveAxis(reshape(summed, last.shape), x.shape.length - 1, axis);
}

/** Products up to and with each element: each time of twice as many, so that gradients pass where factors are 0. */
export function cumulativeProduct(call: OperationCall, x: Value): Value {
  const { axis, size } = accumulatedAxis(call, x);
  let value = x;
  for (let reach = 1; reach < size; reach *= 2) {
    const before = pad(slice(value, axis, 0, size - reach), x.shape.map((_, own) => [own === axis ? reach : 0, 0]), 1);
    value = mul(value, before);
  }
  return value;
}

/** Differences of neighbours along an axis, n times. */
function differences(call: OperationCall): Value {
  const x = call.tensor('a');
  const axis = call.axis(x, 'axis', -1);
  const steps = new Array<number>(call.number('n', 1)).fill(0);
  return steps.reduce((value) => neighbours(call, value, axis, sub), x.dtype === 'bool' ? cast(x, 'int32') : x);
}

function neighbours(call: OperationCall, x: Value, axis: number, combine: (after: Value, before: Value) => Value): Value {
  const size = x.shape[axis] ?? 0;
  if (size < 2) throw call.refuse('an axis of the batch, or of one element', String(size));
  return combine(slice(x, axis, 1, size), slice(x, axis, 0, size - 1));
}

/** The area under points that lie `dx` apart. */
function trapezoid(call: OperationCall): Value {
  if (call.has('x')) throw call.refuse('places of its own', 'x');
  const y = call.float('y');
  const axis = call.axis(y, 'axis', -1);
  return mul(sum(neighbours(call, y, axis, add), [axis]), 0.5 * call.number('dx', 1));
}

export const reductionOperations: readonly KerasOperation[] = [
  wholeReduction('Sum', sum),
  wholeReduction('Max', max),
  wholeReduction('Amax', max),
  wholeReduction('Min', min),
  wholeReduction('Amin', min),
  wholeReduction('Ptp', (x, axes, keepDims) => sub(max(x, axes, keepDims), min(x, axes, keepDims))),
  { className: 'Prod', parameters: ['x'], apply: multiplied },
  reduction('Mean', mean),
  reduction('Var', variance),
  reduction('Std', (x, axes, keepDims) => sqrt(variance(x, axes, keepDims))),
  reduction('Logsumexp', logsumexp),
  truth('Any', max),
  truth('All', min),
  { className: 'CountNonzero', parameters: ['x'], apply: (call) => cast(reduceCall(call, sub(1, cast(equal(call.float('x'), 0), 'float32')), sum), 'int32') },
  { className: 'Norm', parameters: ['x'], apply: norm },
  { className: 'Cumsum', parameters: ['x'], apply: (call) => whole(call, cumulativeSum) },
  { className: 'Cumprod', parameters: ['x'], apply: (call) => whole(call, cumulativeProduct) },
  { className: 'Diff', parameters: ['a'], apply: differences },
  { className: 'Trapezoid', parameters: ['y'], apply: trapezoid },
  { className: 'Average', parameters: ['x', 'weights'], apply: average },
  { className: 'Moments', parameters: ['x'], apply: (call) => {
    call.only('synchronized', false);
    const x = call.float('x');
    const axes = (call.integers('axes') ?? []).map((axis) => normalizeAxis(axis, x.shape.length));
    return [mean(x, axes, call.flag('keepdims')), variance(x, axes, call.flag('keepdims'))];
  } },
  extreme('Argmax', 1),
  extreme('Argmin', -1),
];

/** Whole numbers stay whole. */
function whole(call: OperationCall, along: (call: OperationCall, x: Value) => Value): Value {
  const x = call.tensor('x');
  const result = along(call, cast(x, 'float32'));
  return x.dtype === 'float32' ? result : cast(result, 'int32');
}

function average(call: OperationCall): Value {
  const x = call.float('x');
  if (!call.has('weights')) return reduceCall(call, x, mean);
  const weights = call.float('weights');
  if (weights.shape.length !== x.shape.length) throw call.refuse('weights of another rank', 'weights');
  return reduceCall(call, x, (_x, axes, keepDims) => div(sum(mul(x, weights), axes, keepDims), sum(weights, axes, keepDims)));
}
