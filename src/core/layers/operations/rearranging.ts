import { floatTensor } from '../../model/tensor';
import { add, div, mul, sub } from '../../ops/binary';
import { batchSize } from '../../ops/batchSize';
import { cast } from '../../ops/cast';

import { greater } from '../../ops/compare';
import type { Value } from '../../ops/graph';
import { matmul } from '../../ops/matmul';
import { oneHot } from '../../ops/oneHot';
import { pad } from '../../ops/pad';
import { max } from '../../ops/reduce';
import { reshape } from '../../ops/reshape';
import { showShape, sizeOfShape } from '../../ops/shape';
import { transpose } from '../../ops/transpose';
import { abs, exp, floor, log, neg, sign } from '../../ops/unary';
import { where } from '../../ops/where';
import { moveAxis, pick } from './axes';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

/** Quarter turns in the plane of two axes. */
function rotated(call: OperationCall): Value {
  const x = call.tensor('array');
  const [first = 0, second = 1] = (call.integers('axes') ?? [0, 1]).map((axis) => (axis < 0 ? axis + x.shape.length : axis));
  const turns = ((call.number('k', 1) % 4) + 4) % 4;
  // Keras on TensorFlow mixes rows and columns up here, on other backends it does not.
  if (turns === 2 && x.shape[first] !== x.shape[second]) throw call.refuse('half a turn of a plane that is no square', showShape(x.shape));
  const exchange = x.shape.map((_, axis) => (axis === first ? second : axis === second ? first : axis));
  const turn = (value: Value): Value => transpose(reversed(call, value, second), exchange);
  return new Array<number>(turns).fill(0).reduce((value) => turn(value), x);
}

function reversed(call: OperationCall, x: Value, axis: number): Value {
  const size = x.shape[axis] ?? -1;
  if (size < 0) throw call.refuse('the axis of the batch', showShape(x.shape));
  return pick(x, axis, Array.from({ length: size }, (_, index) => size - 1 - index));
}

/** `b (h s) c`: names of axes, those of one axis in brackets. */
function axesOf(pattern: string): string[][] {
  return (pattern.match(/\w+|\([^)]*\)/g) ?? []).map((axis) => axis.match(/\w+/g) ?? []);
}

/** An expression of einops: axes apart, in another order, and together again. */
function rearranged(call: OperationCall): Value {
  const x = call.tensor('tensor');
  const pattern = call.plain('pattern');
  const sides = (typeof pattern === 'string' ? pattern.split('->') : []).map(axesOf);
  const [from, to] = [sides.at(0), sides.at(1)];
  if (!from || !to || from.length !== x.shape.length) throw call.refuse(`the pattern ${JSON.stringify(pattern)}`, showShape(x.shape));
  const sizes = new Map<string, number>();
  from.forEach((names, axis) => {
    const named = names.filter((name) => call.has(name));
    const known = named.reduce((product, name) => product * call.number(name), 1);
    const whole = x.shape[axis] ?? 1;
    names.forEach((name) => sizes.set(name, named.includes(name) ? call.number(name) : whole / known));
  });
  const order = from.flat();
  const target = to.flat();
  if (target.length !== order.length || target.some((name) => !order.includes(name))) throw call.refuse(`the pattern ${JSON.stringify(pattern)}`, 'other axes');
  const apart = reshape(x, order.map((name) => sizes.get(name) ?? 1));
  const moved = transpose(apart, target.map((name) => order.indexOf(name)));
  return reshape(moved, to.map((names) => sizeOfShape(names.map((name) => sizes.get(name) ?? 1))));
}

/** Stretches of the last axis that begin `sequence_stride` apart. */
function sequences(call: OperationCall): Value {
  const x = call.tensor('x');
  const [length, stride] = [call.number('sequence_length'), call.number('sequence_stride')];
  const axis = x.shape.length - 1;
  const size = x.shape[axis] ?? -1;
  if (size < length) throw call.refuse('the axis of the batch, or one shorter than a sequence', showShape(x.shape));
  const count = 1 + Math.floor((size - length) / stride);
  const places = Array.from({ length: count * length }, (_, index) => Math.floor(index / length) * stride + (index % length));
  return reshape(pick(x, axis, places), [...x.shape.slice(0, -1), count, length]);
}

/** The tensor with a box of it, from constant places on, replaced. */
function boxReplaced(call: OperationCall): Value {
  const [x, given] = [call.tensor('inputs'), call.tensor('updates')];
  const updates = cast(given, x.dtype);
  const starts = call.integers('start_indices') ?? [];
  const sides = x.shape.map((dim, axis): readonly [number, number] => {
    const [start, size] = [starts[axis] ?? 0, updates.shape[axis] ?? 1];
    if (dim < 0 && (start !== 0 || size !== dim)) throw call.refuse('a part of the batch', showShape(updates.shape));
    return dim < 0 ? [0, 0] : [start, dim - start - size];
  });
  const box = x.shape.map((dim) => (dim < 0 ? 1 : dim));
  const inside = boxMask(box, sides.map(([before], axis) => [before, before + (x.shape[axis] < 0 ? 1 : updates.shape[axis])] as const));
  const typed = x.dtype === 'bool' ? cast(updates, 'int32') : updates;
  const laid = pad(typed, sides);
  return where(x.graph.constant({ dtype: 'bool', shape: box, data: inside }), cast(laid, x.dtype), x);
}

function boxMask(shape: readonly number[], limits: readonly (readonly [number, number])[]): Uint8Array {
  return Uint8Array.from({ length: sizeOfShape(shape) }, (_, place) => {
    let rest = place;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % shape[axis];
      if (at < limits[axis][0] || at >= limits[axis][1]) return 0;
      rest = Math.floor(rest / shape[axis]);
    }
    return 1;
  });
}

/** The first choice whose condition holds. */
function selected(call: OperationCall): Value {
  const [conditions, choices] = [call.tensors('condlist'), call.tensors('choicelist')];
  const float = choices.some(({ dtype }) => dtype === 'float32');
  const typed = choices.map((choice) => cast(choice, float ? 'float32' : 'int32'));
  const last: Value = call.has('default') ? cast(call.tensor('default'), float ? 'float32' : 'int32') : call.graph.scalar(0, float ? 'float32' : 'int32');
  return conditions.reduceRight((other, condition, index) => where(cast(condition, 'bool'), typed[index], other), last);
}

/** `num` steps from start to stop, both tensors; `through` is the scale on which they are equal. */
function steps(call: OperationCall, through: { readonly to: (x: Value) => Value; readonly from: (x: Value) => Value }): Value {
  if (call.flag('retstep')) throw call.refuse('retstep', 'true');
  const [given, end] = call.floatTensors('start', 'stop');
  const [start, stop] = [through.to(given), through.to(end)];
  const count = call.number('num', 50);
  const parts = call.plain('endpoint') === false ? count : count - 1;
  const apart = sub(stop, start);
  const column = reshape(apart, [...apart.shape, 1]);
  const shares = call.graph.constant(floatTensor([count], Float32Array.from({ length: count }, (_, index) => index / Math.max(1, parts))));
  const first = add(start, mul(apart, 0));
  const values = through.from(add(reshape(first, [...first.shape, 1]), mul(column, shares)));
  const axis = call.number('axis', 0);
  return moveAxis(values, values.shape.length - 1, axis < 0 ? axis + values.shape.length : axis);
}

/** Of the sign of the start. */
function geometric(call: OperationCall): Value {
  const values = steps(call, { to: (x) => log(abs(x)), from: exp });
  const axis = call.number('axis', 0);
  const start = call.float('start');
  const place = axis < 0 ? axis + values.shape.length : axis;
  return mul(values, sign(reshape(start, [...start.shape.slice(0, place), 1, ...start.shape.slice(place)])));
}

const same = (x: Value): Value => x;

/** Rows of one segment joined: [batch, ...] and ids [batch] to [segments, ...]. */
function segments(className: string, join: (data: Value, chosen: Value) => Value): KerasOperation {
  return {
    className,
    parameters: ['data', 'segment_ids'],
    apply: (call) => {
      const [data, ids] = [call.float('data'), cast(call.tensor('segment_ids'), 'int32')];
      if (!call.has('num_segments')) throw call.refuse('num_segments as None', 'None');
      if (ids.shape.length !== 1) throw call.refuse('ids that are no vector', showShape(ids.shape));
      const rows = reshape(data, [data.shape[0] ?? 1, sizeOfShape(data.shape.slice(1))]);
      const chosen = oneHot(ids, call.number('num_segments'));
      return reshape(join(rows, chosen), [call.number('num_segments'), ...data.shape.slice(1)]);
    },
  };
}

/** The lowest float32, which Keras has for a segment without rows. */
const LOWEST = -3.4028234663852886e38;

function largestOfEach(data: Value, chosen: Value): Value {
  const [batch = 1, count = 1] = chosen.shape;
  const holds = reshape(greater(chosen, 0.5), [batch, count, 1]);
  return max(where(holds, reshape(data, [batch, 1, data.shape[1] ?? 1]), LOWEST), [0]);
}

function multiHot(call: OperationCall): Value {
  call.only('sparse', false);
  const ids = cast(call.tensor('inputs'), 'int32');
  const axis = call.number('axis', -1);
  if (axis !== -1 && axis !== ids.shape.length - 1) throw call.refuse(`axis as ${axis}`, String(axis));
  const hot = oneHot(ids, call.number('num_classes'));
  return ids.shape.length <= 1 ? hot : max(hot, [hot.shape.length - 2]);
}

/** The coordinates of flat indices in an array of this shape. */
function unravelled(call: OperationCall): readonly Value[] {
  const flat = call.float('indices');
  // Of more axes Keras on TensorFlow counts from the wrong end.
  if (flat.shape.length !== 1) throw call.refuse('indices that are no vector', showShape(flat.shape));
  const shape = call.integers('shape') ?? [];
  const whole = sizeOfShape(shape);
  const positive = where(greater(0, flat), add(flat, whole), flat);
  return shape.map((size, axis) => {
    const after = sizeOfShape(shape.slice(axis + 1));
    const place = floor(div(add(positive, 0.5), after));
    return cast(sub(place, mul(floor(div(add(place, 0.5), size)), size)), 'int32');
  });
}

/** All elements, the batch's too. */
function countOf(call: OperationCall): Value {
  const x = call.tensor('x');
  const whole = sizeOfShape(x.shape);
  if (whole >= 0) return x.graph.scalar(whole, 'int32');
  return cast(batchSize(reshape(x, [whole])), 'int32');
}

export const rearrangingOperations: readonly KerasOperation[] = [
  { className: 'Rot90', parameters: ['array'], apply: rotated },
  { className: 'Flipud', parameters: ['x'], apply: (call) => reversed(call, call.tensor('x'), 0) },
  { className: 'Rearrange', parameters: ['tensor', 'pattern'], apply: rearranged },
  { className: 'ExtractSequences', parameters: ['x'], apply: sequences },
  { className: 'SliceUpdate', parameters: ['inputs', 'start_indices', 'updates'], apply: boxReplaced },
  { className: 'Select', parameters: ['condlist', 'choicelist', 'default'], apply: selected },
  { className: 'Linspace', parameters: ['start', 'stop'], apply: (call) => steps(call, { to: same, from: same }) },
  { className: 'Logspace', parameters: ['start', 'stop'], apply: (call) => steps(call, { to: same, from: (x) => exp(mul(x, Math.log(call.number('base', 10)))) }) },
  { className: 'Geomspace', parameters: ['start', 'stop'], apply: geometric },
  segments('SegmentSum', (data, chosen) => matmul(chosen, data, { transposeA: true })),
  segments('SegmentMax', largestOfEach),
  segments('SegmentMin', (data, chosen) => neg(largestOfEach(neg(data), chosen))),
  { className: 'MultiHot', parameters: ['inputs'], apply: multiHot },
  { className: 'UnravelIndex', parameters: ['indices'], apply: unravelled },
  { className: 'Ndim', parameters: ['x'], apply: (call) => call.graph.scalar(call.tensor('x').shape.length, 'int32') },
  { className: 'Size', parameters: ['x'], apply: countOf },
];
