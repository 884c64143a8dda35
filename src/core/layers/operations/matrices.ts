import { floatTensor } from '../../model/tensor';
import { add, div, mul, pow, sub } from '../../ops/binary';
import { cast } from '../../ops/cast';
import { concat } from '../../ops/concat';
import type { Value } from '../../ops/graph';
import { matmul } from '../../ops/matmul';
import { sum } from '../../ops/reduce';
import { reshape } from '../../ops/reshape';
import { showShape, sizeOfShape } from '../../ops/shape';
import { slice } from '../../ops/slice';
import { abs, log, neg, sign, sqrt } from '../../ops/unary';
import { moveAxis, pick } from './axes';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

/** Determinants are written out, product by product, up to this size. */
const LARGEST_MATRIX = 4;

/** The elements of the last two axes where column - row is `offset`, as the last axis. */
function diagonal(call: OperationCall): Value {
  const x = call.tensor('x');
  const [first, second] = [call.axis(x, 'axis1', 0), call.axis(x, 'axis2', 1)];
  const offset = call.number('offset', 0);
  const back = moveAxis(x, first, x.shape.length - 1);
  const moved = moveAxis(back, second > first ? second - 1 : second, x.shape.length - 1);
  return diagonalOf(call, moved, offset);
}

function diagonalOf(call: OperationCall, x: Value, offset: number): Value {
  const [rows = 1, columns = 1] = x.shape.slice(-2);
  if (rows < 0 || columns < 0) throw call.refuse('the axis of the batch', showShape(x.shape));
  const places = Array.from({ length: rows }, (_, row) => row).filter((row) => row + offset >= 0 && row + offset < columns);
  if (places.length === 0) throw call.refuse(`offset as ${offset}`, showShape(x.shape));
  const flat = reshape(x, [...x.shape.slice(0, -2), rows * columns]);
  return pick(flat, flat.shape.length - 1, places.map((row) => row * columns + row + offset));
}

function trace(call: OperationCall): Value {
  const found = diagonal(call);
  const total = sum(cast(found, 'float32'), [-1]);
  return found.dtype === 'float32' ? total : cast(total, 'int32');
}

/** Every element of the left times the whole right, axis by axis. */
function kronecker(a: Value, b: Value): Value {
  const rank = Math.max(a.shape.length, b.shape.length);
  const dims = (x: Value): readonly number[] => [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape];
  const [left, right] = [dims(a), dims(b)];
  const product = mul(reshape(a, left.flatMap((dim) => [dim, 1])), reshape(b, right.flatMap((dim) => [1, dim])));
  return reshape(product, left.map((dim, axis) => dim * (right[axis] ?? 1)));
}

/** Of vectors of three along an axis, or of two, whose third element is 0; of two pairs it is that third element alone. */
function cross(call: OperationCall): Value {
  const [a, b] = [call.float('x1'), call.float('x2')];
  const axisOf = (name: string, x: Value): number => (call.has('axis') ? call.axis(x) : call.axis(x, name, -1));
  const [u, v] = [parts(call, a, axisOf('axisa', a)), parts(call, b, axisOf('axisb', b))];
  const term = (i: number, j: number): Value => sub(mul(u[i] ?? 0, v[j] ?? 0), mul(u[j] ?? 0, v[i] ?? 0));
  const third = term(0, 1);
  if (u.length + v.length === 4) return third;
  const zero = mul(third, 0);
  const fill = (x: readonly Value[]): readonly Value[] => (x.length === 3 ? x : [...x, zero]);
  const [p, q] = [fill(u), fill(v)];
  const of = (i: number, j: number): Value => sub(mul(p[i] ?? 0, q[j] ?? zero), mul(p[j] ?? 0, q[i] ?? zero));
  const elements = [of(1, 2), of(2, 0), third];
  const stacked = concat(elements.map((element) => reshape(element, [...element.shape, 1])), third.shape.length);
  return moveAxis(stacked, third.shape.length, axisOf('axisc', stacked));
}

/** What stands at each place of an axis, which vanishes. */
function parts(call: OperationCall, x: Value, axis: number): Value[] {
  const size = x.shape[axis] ?? 0;
  if (size !== 2 && size !== 3) throw call.refuse('vectors of another size than 2 or 3', showShape(x.shape));
  return Array.from({ length: size }, (_, place) => reshape(slice(x, axis, place, place + 1), x.shape.filter((_dim, own) => own !== axis)));
}

/** Powers of each element as a row. */
function vandermonde(call: OperationCall): Value {
  const x = call.float('x');
  if (!call.has('N')) throw call.refuse('N as None', 'None');
  const count = call.number('N');
  const powers = Float32Array.from({ length: count }, (_, index) => (call.flag('increasing') ? index : count - 1 - index));
  return pow(reshape(x, [...x.shape, 1]), x.graph.constant(floatTensor([count], powers)));
}

/** Elements of square matrices [..., n, n], each [...]. */
function elementsOf(call: OperationCall, x: Value): Value[][] {
  const [rows = 0, columns = 0] = x.shape.slice(-2);
  if (x.shape.length < 2 || rows !== columns || rows < 1 || rows > LARGEST_MATRIX) throw call.refuse(`matrices that are not square, or larger than ${LARGEST_MATRIX}`, showShape(x.shape));
  const [rowAxis, columnAxis] = [x.shape.length - 2, x.shape.length - 1];
  return Array.from({ length: rows }, (_, row) => {
    const line = slice(x, rowAxis, row, row + 1);
    return Array.from({ length: columns }, (_cell, column) => reshape(slice(line, columnAxis, column, column + 1), x.shape.slice(0, -2)));
  });
}

/** By the first row. */
function determinant(m: readonly (readonly Value[])[]): Value {
  const [first = []] = m;
  const terms = first.map((element, column) => (first.length === 1 ? element : mul(element, cofactor(m, 0, column))));
  return terms.reduce((a, b) => add(a, b));
}

function cofactor(m: readonly (readonly Value[])[], row: number, column: number): Value {
  const minor = m.filter((_, own) => own !== row).map((line) => line.filter((_, own) => own !== column));
  const found = determinant(minor);
  return (row + column) % 2 === 0 ? found : neg(found);
}

/** The adjugate over the determinant. */
function inverse(call: OperationCall, x: Value): Value {
  const m = elementsOf(call, x);
  const whole = determinant(m);
  if (m.length === 1) return div(1, x);
  const rows = m.map((_, row) => m.map((_line, column) => {
    const element = div(cofactor(m, column, row), whole);
    return reshape(element, [...element.shape, 1]);
  }));
  const rank = x.shape.length;
  const lines = rows.map((row) => concat(row, rank - 2)).map((line) => reshape(line, [...line.shape.slice(0, -1), 1, line.shape.at(-1) ?? 1]));
  return concat(lines, rank - 2);
}

function solve(call: OperationCall): Value {
  const [a, b] = [call.float('a'), call.float('b')];
  const vector = b.shape.length === a.shape.length - 1;
  const product = matmul(inverse(call, a), vector ? reshape(b, [...b.shape, 1]) : b);
  return vector ? reshape(product, b.shape) : product;
}

/** Of every row of the one from every row of the other. */
function distances(call: OperationCall): Value {
  const [x, y] = [call.float('x'), call.float('y')];
  const [rows, columns] = [reshape(x, [...x.shape.slice(0, -1), 1, x.shape.at(-1) ?? 1]), reshape(y, [...y.shape.slice(0, -2), 1, ...y.shape.slice(-2)])];
  const apart = sub(rows, columns);
  return sqrt(sum(mul(apart, apart), [-1]));
}

function binary(className: string, combine: (a: Value, b: Value) => Value): KerasOperation {
  return { className, parameters: ['x1', 'x2'], apply: (call) => combine(call.float('x1'), call.float('x2')) };
}

function ofMatrix(className: string, run: (call: OperationCall, x: Value) => Value | readonly Value[]): KerasOperation {
  return { className, parameters: ['x'], apply: (call) => run(call, call.float('x')) };
}

export const matrixOperations: readonly KerasOperation[] = [
  { className: 'Diagonal', parameters: ['x'], apply: diagonal },
  { className: 'Trace', parameters: ['x'], apply: trace },
  binary('Kron', kronecker),
  binary('Vdot', (a, b) => sum(mul(reshape(a, [sizeOfShape(a.shape)]), reshape(b, [sizeOfShape(b.shape)])))),
  { className: 'Cross', parameters: ['x1', 'x2'], apply: cross },
  { className: 'Vander', parameters: ['x'], apply: vandermonde },
  ofMatrix('Det', (call, x) => determinant(elementsOf(call, x))),
  ofMatrix('Logdet', (call, x) => log(determinant(elementsOf(call, x)))),
  ofMatrix('Slogdet', (call, x) => {
    const found = determinant(elementsOf(call, x));
    return [sign(found), log(abs(found))];
  }),
  ofMatrix('Inv', inverse),
  { className: 'Solve', parameters: ['a', 'b'], apply: solve },
  { className: 'CDist', parameters: ['x', 'y'], apply: distances },
];
