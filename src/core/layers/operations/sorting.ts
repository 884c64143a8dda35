import type { Json } from '../../model/json';
import { argSort } from '../../ops/argSort';
import { add, maximum, minimum, mul, sub } from '../../ops/binary';
import { cast } from '../../ops/cast';
import { equal, greater, greaterEqual, logicalAnd } from '../../ops/compare';
import { concat } from '../../ops/concat';
import type { Value } from '../../ops/graph';
import { sum } from '../../ops/reduce';
import { oneHot } from '../../ops/oneHot';
import { reshape } from '../../ops/reshape';
import { gatherSampleRows } from '../../ops/sampleRows';
import { normalizeAxis, showShape, sizeOfShape } from '../../ops/shape';
import { slice } from '../../ops/slice';
import { transpose } from '../../ops/transpose';
import { floor } from '../../ops/unary';
import { where } from '../../ops/where';
import { not } from '../masks';
import { moveAxis } from './axes';
import { isNan } from './exceptions';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

/** Elements of the last axis by indices of the same leading axes: [..., size], [..., places] -> [..., places]. */
function gatherLast(x: Value, ids: Value): Value {
  const rows = sizeOfShape(x.shape.slice(0, -1));
  const taken = gatherSampleRows(reshape(x, [rows, x.shape.at(-1) ?? 1]), reshape(ids, [rows, ids.shape.at(-1) ?? 1]));
  return reshape(taken, ids.shape);
}

/** An axis that is sorted is counted out, so it has a fixed size. */
function lastAxis(call: OperationCall, x: Value, axis: number): Value {
  if ((x.shape[axis] ?? -1) < 1) throw call.refuse('the axis of the batch', showShape(x.shape));
  return moveAxis(x, axis, x.shape.length - 1);
}

function sorted(call: OperationCall, give: (x: Value, order: Value) => Value): Value {
  const given = call.tensor('x');
  const x = given.dtype === 'bool' ? cast(given, 'int32') : given;
  const axis = call.axis(x, 'axis', -1);
  const last = lastAxis(call, x, axis);
  return moveAxis(give(last, argSort(last)), x.shape.length - 1, axis);
}

/** Values from the largest on and where they stood. */
function largest(call: OperationCall): readonly Value[] {
  const x = call.tensor('x');
  const rank = x.shape.length;
  const k = call.number('k');
  const size = lastAxis(call, x, rank - 1).shape.at(-1) ?? 1;
  if (k > size || k < 1) throw call.refuse(`k as ${k} of ${size}`, String(k));
  const ids = slice(argSort(sub(cast(x.graph.scalar(0), x.dtype), x)), rank - 1, 0, k);
  return [gatherLast(x, ids), ids];
}

/** Whether less than k scores are above that of the target. */
function inTopK(call: OperationCall): Value {
  const scores = call.float('predictions');
  const chosen = oneHot(cast(call.tensor('targets'), 'int32'), scores.shape.at(-1) ?? 1);
  const own = sum(mul(chosen, scores), [-1], true);
  const above = sum(cast(greater(scores, own), 'float32'), [-1]);
  return logicalAnd(greater(call.number('k'), above), greater(sum(chosen, [-1]), 0));
}

/** How many of the bounds lie before each value. */
function countBefore(values: Value, bounds: Value, before: (value: Value, bound: Value) => Value): Value {
  const column = reshape(values, [...values.shape, 1]);
  return cast(sum(cast(before(column, bounds), 'float32'), [-1]), 'int32');
}

function searchSorted(call: OperationCall): Value {
  const bounds = call.float('sorted_sequence');
  if (bounds.shape.length !== 1) throw call.refuse('a sequence that is no vector', showShape(bounds.shape));
  return countBefore(call.float('values'), bounds, call.plain('side') === 'right' ? greaterEqual : greater);
}

const methods = ['linear', 'lower', 'higher', 'midpoint', 'nearest'] as const;
type Method = (typeof methods)[number];

interface Place {
  readonly low: number;
  readonly high: number;
  /** How much of what stands at `high` is taken. */
  readonly share: number;
}

function placeOf(at: number, method: Method): Place {
  const [low, high] = [Math.floor(at), Math.ceil(at)];
  switch (method) {
    case 'linear': return { low, high, share: at - low };
    case 'lower': return { low, high: low, share: 0 };
    case 'higher': return { low: high, high, share: 0 };
    case 'midpoint': return { low, high, share: 0.5 };
    case 'nearest': return placeOf(at - low === 0.5 ? low + (low % 2) : Math.round(at), 'lower');
  }
}

/** [..., 1] from sorted rows; not a number where a row has one that is none. */
function quantileOf(order: Value, at: number, { method, missing }: { readonly method: Method; readonly missing: Value }): Value {
  const axis = order.shape.length - 1;
  const { low, high, share } = placeOf(at, method);
  const first = slice(order, axis, low, low + 1);
  const found = share === 0 ? first : add(mul(first, 1 - share), mul(slice(order, axis, high, high + 1), share));
  return where(missing, NaN, found);
}

/** The same of those that are numbers: `count` of each row, [..., 1], stand in front. */
function quantileOfNumbers(order: Value, q: number, count: Value): Value {
  const size = order.shape.at(-1) ?? 1;
  const place = mul(sub(count, 1), q);
  const low = floor(place);
  const share = sub(place, low);
  const at = (index: Value): Value => gatherLast(order, cast(minimum(maximum(index, 0), size - 1), 'int32'));
  const found = add(mul(at(low), sub(1, share)), mul(at(where(greater(share, 0), add(low, 1), low)), share));
  return where(greater(count, 0), found, NaN);
}

/** The reduced axes as one, at the end; the shape that is left, as the call wants it. */
function joined(call: OperationCall, x: Value): { readonly rows: Value; readonly shape: readonly number[] } {
  const all = x.shape.map((_, axis) => axis);
  const axes = call.integers('axis')?.map((axis) => normalizeAxis(axis, x.shape.length)) ?? all;
  const left = all.filter((axis) => !axes.includes(axis));
  const size = sizeOfShape(axes.map((axis) => x.shape[axis] ?? 1));
  if (size < 1) throw call.refuse('the axis of the batch', showShape(x.shape));
  const kept = left.map((axis) => x.shape[axis] ?? 1);
  const shape = call.flag('keepdims') ? x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim)) : kept;
  return { rows: reshape(transpose(x, [...left, ...all.filter((axis) => axes.includes(axis))]), [...kept, size]), shape };
}

interface Asked {
  /** 100 for percent. */
  readonly whole: number;
  readonly ignoreNan?: boolean;
  /** Where the call does not say it. */
  readonly fixed?: number;
  /** A node of the class Quantile computes `linear` in Keras 3.15, whatever its config says. */
  readonly alwaysLinear?: boolean;
}

/** At a number, or at each of a list of them. */
function quantiles(call: OperationCall, { whole, ignoreNan = false, fixed, alwaysLinear = false }: Asked): Value {
  const { rows, shape } = joined(call, call.float('x'));
  const method = methods.find((name) => name === (alwaysLinear ? 'linear' : (call.plain('method') ?? 'linear')));
  if (!method || (ignoreNan && method !== 'linear')) throw call.refuse(`method as ${JSON.stringify(call.plain('method'))}`, 'another method');
  const nan = isNan(rows);
  const ordered = where(nan, Infinity, rows);
  const order = gatherLast(ordered, argSort(ordered));
  const nans = sum(cast(nan, 'float32'), [-1], true);
  const size = rows.shape.at(-1) ?? 1;
  const one = (q: number): Value => (ignoreNan ? quantileOfNumbers(order, q / whole, sub(size, nans)) : quantileOf(order, (q / whole) * (size - 1), { method, missing: greater(nans, 0) }));
  const given = fixed ?? numbersOf(call);
  if (typeof given === 'number') return reshape(one(given), shape);
  return concat(given.map((q) => reshape(one(q), [1, ...shape])), 0);
}

function numbersOf(call: OperationCall): number | readonly number[] {
  const tensor = call.tensor('q');
  const held = tensor.graph.constants.get(tensor.id);
  if (!held || held.shape.length > 1) throw call.refuse('a tensor as q', 'a tensor');
  const numbers: readonly Json[] = Array.from(held.data);
  return held.shape.length === 0 ? Number(numbers[0]) : numbers.map(Number);
}

/** Whether each element is one of the second argument's. */
function isIn(call: OperationCall): Value {
  const [x, members] = [call.float('x1'), call.float('x2')];
  const flat = reshape(members, [sizeOfShape(members.shape)]);
  const found = greater(sum(cast(equal(reshape(x, [...x.shape, 1]), flat), 'float32'), [-1]), 0);
  return call.flag('invert') ? not(found) : found;
}

export const sortingOperations: readonly KerasOperation[] = [
  { className: 'Sort', parameters: ['x'], apply: (call) => sorted(call, gatherLast) },
  { className: 'Argsort', parameters: ['x'], apply: (call) => sorted(call, (_x, order) => order) },
  { className: 'TopK', parameters: ['x'], apply: largest },
  { className: 'InTopK', parameters: ['targets', 'predictions'], apply: inTopK },
  { className: 'SearchSorted', parameters: ['sorted_sequence', 'values'], apply: searchSorted },
  { className: 'Digitize', parameters: ['x', 'bins'], apply: (call) => countBefore(call.float('x'), call.float('bins'), greaterEqual) },
  { className: 'Median', parameters: ['x'], apply: (call) => quantiles(call, { whole: 1, fixed: 0.5 }) },
  { className: 'Nanmedian', parameters: ['x'], apply: (call) => quantiles(call, { whole: 1, fixed: 0.5, ignoreNan: true }) },
  { className: 'Quantile', parameters: ['x', 'q'], apply: (call) => quantiles(call, { whole: 1, alwaysLinear: true }) },
  { className: 'Nanquantile', parameters: ['x', 'q'], apply: (call) => quantiles(call, { whole: 1, ignoreNan: true }) },
  { className: 'Percentile', parameters: ['x', 'q'], apply: (call) => quantiles(call, { whole: 100 }) },
  { className: 'Nanpercentile', parameters: ['x', 'q'], apply: (call) => quantiles(call, { whole: 100, ignoreNan: true }) },
  { className: 'IsIn', parameters: ['x1', 'x2'], apply: isIn },
];
