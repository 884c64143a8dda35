import { div, mul, sub } from '../../ops/binary';
import { cast } from '../../ops/cast';
import { greater } from '../../ops/compare';
import type { Value } from '../../ops/graph';
import { argMax, max, sum } from '../../ops/reduce';
import { reshape } from '../../ops/reshape';
import { neg, sqrt } from '../../ops/unary';
import { where } from '../../ops/where';
import { not } from '../masks';
import { isNan } from './exceptions';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';
import { cumulativeProduct, cumulativeSum, type Reduce, product, reduceCall } from './reduction';

/** Numbers, and 0 in the place of what is none. */
function numbers(x: Value, instead = 0): Value {
  return where(isNan(x), instead, x);
}

/** 1 for a number. */
function counted(x: Value): Value {
  return cast(not(isNan(x)), 'float32');
}

const mean: Reduce = (x, axes, keepDims) => div(sum(numbers(x), axes, keepDims), sum(counted(x), axes, keepDims));

const variance: Reduce = (x, axes, keepDims) => {
  const centred = numbers(sub(x, mean(x, axes, true)));
  return div(sum(mul(centred, centred), axes, keepDims), sum(counted(x), axes, keepDims));
};

/** Not a number where none is. */
const largest: Reduce = (x, axes, keepDims) => where(greater(sum(counted(x), axes, keepDims), 0), max(numbers(x, -Infinity), axes, keepDims), NaN);

function reduction(className: string, reduce: Reduce): KerasOperation {
  return { className, parameters: ['x'], apply: (call) => reduceCall(call, call.float('x'), reduce) };
}

/** -1 where no number is. */
function extreme(className: string, sign: 1 | -1): KerasOperation {
  return {
    className,
    parameters: ['x'],
    apply: (call) => {
      if (!call.has('axis')) throw call.refuse('no axis', 'None');
      const x = sign === 1 ? call.float('x') : neg(call.float('x'));
      const axis = call.axis(x);
      const found = where(greater(sum(counted(x), [axis]), 0), argMax(numbers(x, -Infinity), axis), -1);
      return call.flag('keepdims') ? reshape(found, x.shape.map((dim, own) => (own === axis ? 1 : dim))) : found;
    },
  };
}

function along(className: string, run: (call: OperationCall, x: Value) => Value, instead: number): KerasOperation {
  return { className, parameters: ['x'], apply: (call) => run(call, numbers(call.float('x'), instead)) };
}

export const nanReductionOperations: readonly KerasOperation[] = [
  reduction('Nansum', (x, axes, keepDims) => sum(numbers(x), axes, keepDims)),
  reduction('Nanmean', mean),
  reduction('Nanvar', variance),
  reduction('Nanstd', (x, axes, keepDims) => sqrt(variance(x, axes, keepDims))),
  reduction('Nanmax', largest),
  reduction('Nanmin', (x, axes, keepDims) => neg(largest(neg(x), axes, keepDims))),
  reduction('Nanprod', (x, axes, keepDims) => product(numbers(x, 1), axes, keepDims)),
  extreme('Nanargmax', 1),
  extreme('Nanargmin', -1),
  along('Nancumsum', cumulativeSum, 0),
  along('Nancumprod', cumulativeProduct, 1),
];
