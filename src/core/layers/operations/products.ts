import { mul } from '../../ops/binary';
import type { Value } from '../../ops/graph';
import { matmul } from '../../ops/matmul';
import { sum } from '../../ops/reduce';
import { reshape } from '../../ops/reshape';
import { normalizeAxis, sizeOfShape } from '../../ops/shape';
import { transpose } from '../../ops/transpose';
import { einsum } from './einsum';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

/** As NumPy: a vector on the left is a row, on the right a column, and that axis goes again. */
function matrixProduct(a: Value, b: Value): Value {
  const [row, column] = [a.shape.length === 1, b.shape.length === 1];
  const product = matmul(row ? reshape(a, [1, ...a.shape]) : a, column ? reshape(b, [...b.shape, 1]) : b);
  const { shape } = product;
  const kept = shape.filter((_, axis) => !(row && axis === shape.length - 2) && !(column && axis === shape.length - 1));
  return row || column ? reshape(product, kept) : product;
}

/** Sums over the last axis of `a` and the last but one of `b` (its only one), every other axis of both stays. */
function dot(a: Value, b: Value): Value {
  if (a.shape.length === 0 || b.shape.length === 0) return mul(a, b);
  return contract(a, b, [[a.shape.length - 1], [Math.max(0, b.shape.length - 2)]]);
}

/** The axes of both that are summed over, pair by pair; then what is left of `a`, then of `b`. */
function contract(a: Value, b: Value, [axesA, axesB]: readonly [readonly number[], readonly number[]]): Value {
  const [freeA, freeB] = [free(a, axesA), free(b, axesB)];
  const dims = (x: Value, axes: readonly number[]): number[] => axes.map((axis) => x.shape[axis] ?? 1);
  const left = reshape(transpose(a, [...freeA, ...axesA]), [sizeOfShape(dims(a, freeA)), sizeOfShape(dims(a, axesA))]);
  const right = reshape(transpose(b, [...axesB, ...freeB]), [sizeOfShape(dims(b, axesB)), sizeOfShape(dims(b, freeB))]);
  return reshape(matmul(left, right), [...dims(a, freeA), ...dims(b, freeB)]);
}

function free(x: Value, axes: readonly number[]): number[] {
  return x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
}

function tensordot(call: OperationCall): Value {
  const [a, b] = [call.float('x1'), call.float('x2')];
  const given = call.plain('axes') ?? 2;
  if (typeof given === 'number') {
    const count = Array.from({ length: given }, (_, index) => index);
    return contract(a, b, [count.map((index) => a.shape.length - given + index), count]);
  }
  const sides = (Array.isArray(given) ? given : []).map((side: unknown) => (Array.isArray(side) ? side : [side]) as readonly number[]);
  const [left, right] = [sides.at(0), sides.at(1)];
  if (!left || !right) throw call.refuse(`axes as ${JSON.stringify(given)}`, JSON.stringify(given));
  return contract(a, b, [left.map((axis) => normalizeAxis(axis, a.shape.length)), right.map((axis) => normalizeAxis(axis, b.shape.length))]);
}

function outer(a: Value, b: Value): Value {
  return mul(reshape(a, [sizeOfShape(a.shape), 1]), reshape(b, [1, sizeOfShape(b.shape)]));
}

function binary(className: string, combine: (a: Value, b: Value) => Value): KerasOperation {
  return { className, parameters: ['x1', 'x2'], apply: (call) => combine(call.float('x1'), call.float('x2')) };
}

export const productOperations: readonly KerasOperation[] = [
  binary('Matmul', matrixProduct),
  binary('Dot', dot),
  binary('Inner', (a, b) => (a.shape.length === 1 && b.shape.length === 1 ? sum(mul(a, b)) : contract(a, b, [[a.shape.length - 1], [b.shape.length - 1]]))),
  binary('Outer', outer),
  { className: 'Tensordot', parameters: ['x1', 'x2'], apply: tensordot },
  {
    className: 'Einsum',
    parameters: [],
    apply: (call) => {
      const subscripts = call.plain('subscripts');
      if (typeof subscripts !== 'string') throw call.refuse('subscripts missing', 'nothing');
      return einsum(call.everyFloat(), subscripts, (what) => call.refuse(what, subscripts));
    },
  },
];
