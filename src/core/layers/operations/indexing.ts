import { isJsonObject, type Json } from '../../model/json';
import { add, mul } from '../../ops/binary';
import { cast } from '../../ops/cast';
import { greater } from '../../ops/compare';
import type { Value } from '../../ops/graph';
import { oneHot } from '../../ops/oneHot';
import { sum } from '../../ops/reduce';
import { reshape } from '../../ops/reshape';
import { gatherRows } from '../../ops/rows';
import { showShape } from '../../ops/shape';
import { slice } from '../../ops/slice';
import { transpose } from '../../ops/transpose';
import { where } from '../../ops/where';
import { moveAxis, pick } from './axes';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

/** `x[key]`: whole numbers, slices, an ellipsis and None, as Keras writes them. */
function getItem(call: OperationCall): Value {
  const x = call.tensor('x');
  const key = call.plain('key');
  const items = wholeKey(call, Array.isArray(key) ? (key as readonly Json[]) : [key ?? null], x.shape.length);
  const shape: number[] = [];
  let axis = 0;
  let value = x;
  for (const item of items) {
    if (item === null) {
      shape.push(1);
      continue;
    }
    value = typeof item === 'number' ? element(call, value, axis, item) : part(call, value, axis, item);
    if (typeof item !== 'number') shape.push(value.shape[axis] ?? 1);
    axis++;
  }
  return reshape(value, shape);
}

/** The key with a slice for each axis that an ellipsis, or nothing, leaves whole. */
function wholeKey(call: OperationCall, items: readonly Json[], rank: number): readonly Json[] {
  const whole: Json = { class_name: '__slice__', config: {} };
  const place = items.findIndex((item) => isJsonObject(item) && item['class_name'] === '__ellipsis__');
  const named = items.filter((item, index) => item !== null && index !== place).length;
  if (named > rank) throw call.refuse('more indices than axes', JSON.stringify(items));
  const rest = new Array<Json>(rank - named).fill(whole);
  return place < 0 ? [...items, ...rest] : [...items.slice(0, place), ...rest, ...items.slice(place + 1)];
}

function element(call: OperationCall, x: Value, axis: number, index: number): Value {
  const size = sizeOfAxis(call, x, axis);
  const at = index < 0 ? index + size : index;
  if (!Number.isInteger(at) || at < 0 || at >= size) throw call.refuse(`index ${index}`, showShape(x.shape));
  return slice(x, axis, at, at + 1);
}

/** As Python cuts: limits beyond the ends are those ends, a negative step walks backwards. */
function part(call: OperationCall, x: Value, axis: number, item: Json): Value {
  const config = isJsonObject(item) && item['class_name'] === '__slice__' ? item['config'] : undefined;
  if (!isJsonObject(config)) throw call.refuse(`the key ${JSON.stringify(item)}`, JSON.stringify(item));
  const limits = ['start', 'stop', 'step'].map((name) => config[name] ?? null);
  if (limits.some((limit) => limit !== null && typeof limit !== 'number')) throw call.refuse('a slice between tensors', JSON.stringify(item));
  const [start, stop, step] = limits as (number | null)[];
  return isWhole(start, stop, step) ? x : cut(x, axis, { start, stop, step: step ?? 1, size: sizeOfAxis(call, x, axis) });
}

function isWhole(start: number | null, stop: number | null, step: number | null): boolean {
  return start === null && stop === null && (step ?? 1) === 1;
}

interface Cut {
  readonly start: number | null;
  readonly stop: number | null;
  readonly step: number;
  readonly size: number;
}

function cut(x: Value, axis: number, { start, stop, step, size }: Cut): Value {
  if (step > 0) return slice(x, axis, limit(start, 0, [0, size], size), limit(stop, size, [0, size], size), step);
  const [first, last] = [limit(start, size - 1, [-1, size - 1], size), limit(stop, -1, [-1, size - 1], size)];
  return pick(x, axis, Array.from({ length: Math.max(0, Math.ceil((last - first) / step)) }, (_, index) => first + index * step));
}

function limit(given: number | null, missing: number, [low, high]: readonly [number, number], size: number): number {
  if (given === null) return missing;
  return Math.min(high, Math.max(low, given < 0 ? given + size : given));
}

function sizeOfAxis(call: OperationCall, x: Value, axis: number): number {
  const size = x.shape[axis] ?? 0;
  if (size < 0) throw call.refuse('an index into the batch', showShape(x.shape));
  return size;
}

/** Elements of an axis by constant indices or by a tensor of them; negative ones count from the end. */
function take(call: OperationCall): Value {
  const x = call.tensor('x');
  if (!call.has('axis')) throw call.refuse('no axis', 'None');
  const axis = call.axis(x);
  const size = sizeOfAxis(call, x, axis);
  const indices = call.tensor('indices');
  const constant = x.graph.constants.get(indices.id);
  const ids = constant ? x.graph.constant({ ...constant, dtype: 'int32', data: Int32Array.from(constant.data, (index) => (index < 0 ? index + size : index)) }) : cast(indices, 'int32');
  const rows = gatherRows(moveAxis(x, axis, 0), ids);
  // [...indices, ...x without the axis]: the axes before it come first.
  const count = ids.shape.length;
  const order = rows.shape.map((_, place) => place);
  return transpose(rows, [...order.slice(count, count + axis), ...order.slice(0, count), ...order.slice(count + axis)]);
}

/** Elements along an axis by indices of the same rank: a product with their one-hot form. */
function takeAlong(call: OperationCall): Value {
  const x = call.tensor('x');
  if (!call.has('axis')) throw call.refuse('no axis', 'None');
  const axis = call.axis(x);
  const size = sizeOfAxis(call, x, axis);
  const indices = cast(call.tensor('indices'), 'int32');
  const last = x.shape.length - 1;
  const ids = moveAxis(where(greater(0, indices), add(indices, size), indices), axis, last);
  const values = moveAxis(cast(x, 'float32'), axis, last);
  const rows = reshape(values, [...values.shape.slice(0, -1), 1, size]);
  const taken = moveAxis(sum(mul(oneHot(ids, size), rows), [last + 1]), last, axis);
  return x.dtype === 'float32' ? taken : cast(taken, x.dtype);
}

/** `keras.ops.slice`: a box by its start and its shape. */
function box(call: OperationCall): Value {
  const x = call.tensor('inputs');
  const [starts = [], shape = []] = [call.integers('start_indices'), call.integers('shape')];
  return shape.reduce((value, size, axis) => {
    const start = starts[axis] ?? 0;
    const whole = start === 0 && (size === -1 || (value.shape[axis] ?? 0) < 0);
    return whole ? value : slice(value, axis, start, start + size);
  }, x);
}

function hot(call: OperationCall): Value {
  call.only('sparse', false);
  const indices = cast(call.tensor('x'), 'int32');
  const encoded = oneHot(indices, call.number('num_classes'));
  const rank = encoded.shape.length;
  const axis = call.number('axis', -1);
  const dtype = call.plain('dtype');
  const typed = typeof dtype === 'string' && dtype.includes('int') ? cast(encoded, 'int32') : encoded;
  return moveAxis(typed, rank - 1, axis < 0 ? axis + rank : axis);
}

export const indexingOperations: readonly KerasOperation[] = [
  { className: 'GetItem', parameters: ['x', 'key'], apply: getItem },
  { className: 'Take', parameters: ['x', 'indices'], apply: take },
  { className: 'TakeAlongAxis', parameters: ['x', 'indices'], apply: takeAlong },
  { className: 'Slice', parameters: ['inputs', 'start_indices', 'shape'], apply: box },
  { className: 'OneHot', parameters: ['x'], apply: hot },
];
