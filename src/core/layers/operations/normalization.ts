import { add, div, maximum, mul } from '../../ops/binary';
import type { Value } from '../../ops/graph';
import { sum } from '../../ops/reduce';
import { normalizeAxis } from '../../ops/shape';
import { sqrt } from '../../ops/unary';
import { overRootMeanSquare, standardized } from '../moments';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

/** Keras' `epsilon()` where none is given. */
const defaultEpsilon = 1e-7;

function epsilonOf(call: OperationCall): number {
  return call.has('epsilon') ? call.number('epsilon') : defaultEpsilon;
}

/** To length 1 in the norm of order 2: x / sqrt(max(sum x^2, epsilon^2)), as Keras on TensorFlow. */
function normalize(call: OperationCall): Value {
  call.only('order', 2);
  const x = call.float('x');
  const axes = axesOf(call, x);
  return div(x, sqrt(maximum(sum(mul(x, x), axes, true), epsilonOf(call) ** 2)));
}

function axesOf(call: OperationCall, x: Value): readonly number[] {
  return (call.integers('axis') ?? [-1]).map((axis) => normalizeAxis(axis, x.shape.length));
}

function layerNormalized(call: OperationCall): Value {
  call.only('rms_scaling', false);
  const x = call.float('x');
  const plain = standardized(x, axesOf(call, x), epsilonOf(call));
  const scaled = call.has('gamma') ? mul(plain, call.float('gamma')) : plain;
  return call.has('beta') ? add(scaled, call.float('beta')) : scaled;
}

function rmsNormalized(call: OperationCall): Value {
  const x = call.float('x');
  const plain = overRootMeanSquare(x, axesOf(call, x), epsilonOf(call));
  return call.has('scale') ? mul(plain, call.float('scale')) : plain;
}

export const normalizationOperations: readonly KerasOperation[] = [
  { className: 'Normalize', parameters: ['x'], apply: normalize },
  { className: 'LayerNorm', parameters: ['x', 'gamma', 'beta'], apply: layerNormalized },
  { className: 'RMSNorm', parameters: ['x', 'scale'], apply: rmsNormalized },
];
