import { SurgeryError } from '../../errors';
import type { Json } from '../../model/json';
import { broadcastTo } from '../../ops/broadcastTo';
import { cast, withoutGradient } from '../../ops/cast';
import { concat } from '../../ops/concat';
import type { Value } from '../../ops/graph';
import { where } from '../../ops/where';
import { pad } from '../../ops/pad';
import { reshape } from '../../ops/reshape';
import { normalizeAxis, type Shape, showShape, sizeOfShape } from '../../ops/shape';
import { transpose } from '../../ops/transpose';
import { pick } from './axes';
import type { KerasOperation } from './operation';
import { computeDType, type OperationCall } from './operationCall';

/** A shape as Keras takes it: -1 (or None) stands for what is left. */
function wantedShape(call: OperationCall, x: Value, name: string): Shape {
  const given = call.plain(name);
  const wanted = (Array.isArray(given) ? (given as readonly Json[]) : [given ?? null]).map((dim) => dim ?? -1);
  if (!wanted.every((dim): dim is number => typeof dim === 'number')) throw call.refuse(`${name} as ${JSON.stringify(wanted)}`, JSON.stringify(wanted));
  const known = wanted.filter((dim) => dim !== -1).reduce((product, dim) => product * dim, 1);
  const left = sizeOfShape(x.shape) / known;
  if (wanted.length - wanted.filter((dim) => dim !== -1).length > 1 || !Number.isInteger(left)) {
    throw new SurgeryError('shape-mismatch', 'A tensor cannot be brought into this shape.', { expected: JSON.stringify(given), received: showShape(x.shape) });
  }
  return wanted.map((dim) => (dim === -1 ? left : dim));
}

function transposed(call: OperationCall): Value {
  const x = call.tensor('x');
  const axes = call.integers('axes') ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
  return transpose(x, axes.map((axis) => normalizeAxis(axis, x.shape.length)));
}

function swapAxes(call: OperationCall): Value {
  const x = call.tensor('x');
  const [a, b] = [call.axis(x, 'axis1'), call.axis(x, 'axis2')];
  return transpose(x, x.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)));
}

function moveAxes(call: OperationCall): Value {
  const x = call.tensor('x');
  const [from = [], to = []] = [call.integers('source'), call.integers('destination')].map((axes) => axes?.map((axis) => normalizeAxis(axis, x.shape.length)));
  const order = x.shape.map((_, axis) => axis).filter((axis) => !from.includes(axis));
  const moves = from.map((axis, index) => [to[index] ?? 0, axis] as const).sort(([a], [b]) => a - b);
  for (const [place, axis] of moves) order.splice(place, 0, axis);
  return transpose(x, order);
}

function expandDims(call: OperationCall): Value {
  const x = call.tensor('x');
  const given = call.integers('axis') ?? [];
  const rank = x.shape.length + given.length;
  const places = given.map((axis) => normalizeAxis(axis, rank));
  const own = [...x.shape];
  return reshape(x, Array.from({ length: rank }, (_, axis) => (places.includes(axis) ? 1 : (own.shift() ?? 1))));
}

function squeeze(call: OperationCall): Value {
  const x = call.tensor('x');
  const axes = call.integers('axis')?.map((axis) => normalizeAxis(axis, x.shape.length)) ?? x.shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []));
  if (axes.some((axis) => x.shape[axis] !== 1)) {
    throw new SurgeryError('shape-mismatch', 'Only axes of size 1 can be squeezed.', { expected: 'size 1', received: showShape(x.shape) });
  }
  return reshape(x, x.shape.filter((_, axis) => !axes.includes(axis)));
}

function casted(call: OperationCall): Value {
  const dtype = computeDType(call.plain('dtype'));
  if (!dtype) throw call.refuse(`dtype as ${JSON.stringify(call.plain('dtype') ?? null)}`, 'another element type');
  return cast(call.tensor('x'), dtype);
}

/** The size of an axis that a list of constants can say. */
function fixedSize(call: OperationCall, x: Value, axis: number): number {
  const size = x.shape[axis] ?? 1;
  if (size < 0) throw call.refuse('the axis of the batch', showShape(x.shape));
  return size;
}

function flip(call: OperationCall): Value {
  const x = call.tensor('x');
  const axes = call.integers('axis')?.map((axis) => normalizeAxis(axis, x.shape.length)) ?? x.shape.map((_, axis) => axis);
  return axes.reduce((value, axis) => pick(value, axis, Array.from({ length: fixedSize(call, x, axis) }, (_, index) => x.shape[axis] - 1 - index)), x);
}

function roll(call: OperationCall): Value {
  const x = call.tensor('x');
  if (!call.has('axis')) throw call.refuse('no axis', 'None');
  const shift = call.number('shift');
  const axis = call.axis(x);
  const size = fixedSize(call, x, axis);
  return pick(x, axis, Array.from({ length: size }, (_, index) => (((index - shift) % size) + size) % size));
}

/** One number for each axis; an axis of the batch may only stand once. */
function tile(call: OperationCall): Value {
  const x = call.tensor('x');
  const given = call.integers('repeats') ?? [];
  const rank = Math.max(given.length, x.shape.length);
  const raised = reshape(x, [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape]);
  const repeats = [...new Array<number>(rank - given.length).fill(1), ...given];
  return repeats.reduce((value, times, axis) => (times === 1 ? value : concat(new Array<Value>(times).fill(value), axis)), raised);
}

function repeat(call: OperationCall): Value {
  const x = call.tensor('x');
  const times = call.number('repeats');
  if (!call.has('axis')) throw call.refuse('no axis', 'None');
  const axis = call.axis(x);
  return pick(x, axis, Array.from({ length: fixedSize(call, x, axis) * times }, (_, index) => Math.floor(index / times)));
}

/** What lies beyond the ends in a mirror: `reflect` without the end itself, `symmetric` with it. */
function mirrored(x: Value, sides: readonly (readonly number[])[], edge: 0 | 1): Value {
  return sides.reduce((value, [before = 0, after = before], axis) => {
    if (before === 0 && after === 0) return value;
    const size = x.shape[axis] ?? 1;
    const place = (index: number): number => (index < 0 ? -index - edge : index >= size ? 2 * size - 2 + edge - index : index);
    return pick(value, axis, Array.from({ length: before + size + after }, (_, index) => place(index - before)));
  }, x);
}

function padded(call: OperationCall): Value {
  call.only('mode', 'constant', 'reflect', 'symmetric');
  const x = call.tensor('x');
  const given = call.plain('pad_width');
  const widths = (Array.isArray(given) ? given : []) as readonly Json[];
  const pairs = widths.every((width) => typeof width === 'number') ? x.shape.map(() => widths) : widths;
  const sides = pairs.map((pair) => (Array.isArray(pair) ? (pair as readonly Json[]) : [pair]).map(Number));
  const mode = call.plain('mode') ?? 'constant';
  if (mode !== 'constant') return mirrored(x, sides, mode === 'symmetric' ? 1 : 0);
  const constant = call.has('constant_values') ? call.number('constant_values') : 0;
  return pad(x, sides.map(([before = 0, after = before]) => [before, after]), constant);
}

function converted(call: OperationCall): Value {
  call.only('sparse', false);
  call.only('ragged', false);
  if (!call.has('dtype')) return call.tensor('x');
  const dtype = computeDType(call.plain('dtype'));
  if (!dtype) throw call.refuse('dtype', JSON.stringify(call.plain('dtype')));
  return cast(call.tensor('x'), dtype);
}

function reversedAlong(call: OperationCall, axis: number): Value {
  const x = call.tensor('x');
  const size = fixedSize(call, x, axis);
  return pick(x, axis, Array.from({ length: size }, (_, index) => size - 1 - index));
}

/** A tensor of the same shape that is one number everywhere. */
function filled(className: string, number: (call: OperationCall) => number): KerasOperation {
  return {
    className,
    parameters: ['x', 'fill_value'],
    apply: (call) => {
      const x = call.tensor('x');
      const dtype = call.has('dtype') ? computeDType(call.plain('dtype')) : x.dtype;
      if (!dtype) throw call.refuse('dtype', JSON.stringify(call.plain('dtype')));
      const one = x.graph.scalar(number(call), dtype === 'float32' ? 'float32' : 'int32');
      // The batch of it is that of `x`.
      return cast(broadcastTo(one, x.shape), dtype);
    },
  };
}

/** The lower (upper) triangle of the last two axes; the other is 0. */
function triangle(className: string, keep: (row: number, column: number, k: number) => boolean): KerasOperation {
  return {
    className,
    parameters: ['x'],
    apply: (call) => {
      const x = call.tensor('x');
      const k = call.number('k', 0);
      const [rows, columns] = [fixedSize(call, x, x.shape.length - 2), fixedSize(call, x, x.shape.length - 1)];
      const data = Uint8Array.from({ length: rows * columns }, (_, index) => (keep(Math.floor(index / columns), index % columns, k) ? 1 : 0));
      return where(x.graph.constant({ dtype: 'bool', shape: [rows, columns], data }), x, 0);
    },
  };
}

function diagonalMoved(call: OperationCall, toDepth: boolean): Value {
  call.only('data_format', 'channels_last');
  const x = call.tensor('x');
  const [batch = 1, height = 1, width = 1, channels = 1] = x.shape;
  const block = call.number('block_size');
  if (toDepth) {
    const cells = transpose(reshape(x, [batch, height / block, block, width / block, block, channels]), [0, 1, 3, 2, 4, 5]);
    return reshape(cells, [batch, height / block, width / block, channels * block * block]);
  }
  const depth = channels / (block * block);
  const cells = transpose(reshape(x, [batch, height, width, block, block, depth]), [0, 1, 3, 2, 4, 5]);
  return reshape(cells, [batch, height * block, width * block, depth]);
}

export const shapingOperations: readonly KerasOperation[] = [
  { className: 'Reshape', parameters: ['x'], apply: (call) => reshape(call.tensor('x'), wantedShape(call, call.tensor('x'), 'newshape')) },
  { className: 'Ravel', parameters: ['x'], apply: (call) => reshape(call.tensor('x'), [sizeOfShape(call.tensor('x').shape)]) },
  { className: 'Transpose', parameters: ['x'], apply: transposed },
  { className: 'Swapaxes', parameters: ['x'], apply: swapAxes },
  { className: 'Moveaxis', parameters: ['x'], apply: moveAxes },
  { className: 'ExpandDims', parameters: ['x'], apply: expandDims },
  { className: 'Squeeze', parameters: ['x'], apply: squeeze },
  { className: 'BroadcastTo', parameters: ['x'], apply: (call) => broadcastTo(call.tensor('x'), broadcastShape(call)) },
  { className: 'Cast', parameters: ['x'], apply: casted },
  { className: 'ConvertToTensor', parameters: ['x'], apply: converted },
  { className: 'StopGradient', parameters: ['variable'], apply: (call) => withoutGradient(call.tensor('variable')) },
  { className: 'Fliplr', parameters: ['x'], apply: (call) => reversedAlong(call, 1) },
  { className: 'Copy', parameters: ['x'], apply: (call) => call.tensor('x') },
  // Numbers here are real.
  { className: 'Real', parameters: ['x'], apply: (call) => call.tensor('x') },
  { className: 'Conj', parameters: ['x'], apply: (call) => call.tensor('x') },
  { className: 'Conjugate', parameters: ['x'], apply: (call) => call.tensor('x') },
  filled('Imag', () => 0),
  { className: 'Array', parameters: ['x'], apply: converted },
  { className: 'Full', parameters: ['fill_value'], apply: (call) => broadcastTo(call.tensor('fill_value'), call.integers('shape') ?? []) },
  { className: 'Flip', parameters: ['x'], apply: flip },
  { className: 'Roll', parameters: ['x'], apply: roll },
  { className: 'Tile', parameters: ['x'], apply: tile },
  { className: 'Repeat', parameters: ['x'], apply: repeat },
  { className: 'Pad', parameters: ['x', 'constant_values'], apply: padded },
  { className: 'DepthToSpace', parameters: ['x'], apply: (call) => diagonalMoved(call, false) },
  { className: 'SpaceToDepth', parameters: ['x'], apply: (call) => diagonalMoved(call, true) },
  filled('ZerosLike', () => 0),
  filled('EmptyLike', () => 0),
  filled('OnesLike', () => 1),
  filled('FullLike', (call) => call.number('fill_value')),
  triangle('Tril', (row, column, k) => column <= row + k),
  triangle('Triu', (row, column, k) => column >= row + k),
];

/** -1 and None keep the size that the tensor has. */
function broadcastShape(call: OperationCall): Shape {
  const { shape } = call.tensor('x');
  const given = call.plain('shape');
  const wanted = (Array.isArray(given) ? given : []) as readonly Json[];
  return wanted.map((dim, axis) => (typeof dim === 'number' && dim >= 0 ? dim : (shape[axis - wanted.length + shape.length] ?? 1)));
}
