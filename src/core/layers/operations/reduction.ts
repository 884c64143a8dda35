import { floatTensor } from '../../model/tensor';
import { add, div, mul, sub } from '../../ops/binary';
import { cast } from '../../ops/cast';
import { concat } from '../../ops/concat';
import type { Value } from '../../ops/graph';
import { matmul } from '../../ops/matmul';
import { argMax, max, mean, sum } from '../../ops/reduce';
import { normalizeAxis } from '../../ops/shape';
import { slice } from '../../ops/slice';
import { abs, exp, log, neg, sqrt } from '../../ops/unary';
import { reshape } from '../../ops/reshape';
import { equal } from '../../ops/compare';
import { moveAxis } from './axes';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

/** Axes from the front; undefined for all of them. */
type Reduce = (x: Value, axes: readonly number[], keepDims: boolean) => Value;

function reduceCall(call: OperationCall, x: Value, reduce: Reduce): Value {
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
const product: Reduce = (x, axes, keepDims) => {
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

/** Sums up to and with each element along an axis: a product with a triangle of ones. */
function cumulative(call: OperationCall): Value {
  const x = call.float('x');
  if (!call.has('axis')) throw call.refuse('no axis', 'None');
  call.only('dtype', 'float32');
  const axis = call.axis(x);
  const size = x.shape[axis] ?? 1;
  if (size < 0) throw call.refuse('the axis of the batch', 'axis 0');
  const triangle = Float32Array.from({ length: size * size }, (_, index) => (Math.floor(index / size) <= index % size ? 1 : 0));
  const last = moveAxis(x, axis, x.shape.length - 1);
  const rows = last.shape.length === 1 ? reshape(last, [1, size]) : last;
  const summed = matmul(rows, x.graph.constant(floatTensor([size, size], triangle)));
  return moveAxis(reshape(summed, last.shape), x.shape.length - 1, axis);
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
  { className: 'Cumsum', parameters: ['x'], apply: cumulative },
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

function average(call: OperationCall): Value {
  const x = call.float('x');
  if (!call.has('weights')) return reduceCall(call, x, mean);
  const weights = call.float('weights');
  if (weights.shape.length !== x.shape.length) throw call.refuse('weights of another rank', 'weights');
  return reduceCall(call, x, (_x, axes, keepDims) => div(sum(mul(x, weights), axes, keepDims), sum(weights, axes, keepDims)));
}
