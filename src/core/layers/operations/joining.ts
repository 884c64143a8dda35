import { concat } from '../../ops/concat';
import type { Value } from '../../ops/graph';
import { reshape } from '../../ops/reshape';
import { normalizeAxis, showShape } from '../../ops/shape';
import { split } from '../../ops/split';
import { cast } from '../../ops/cast';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

/** In one element type: floats where one of them is. */
function alike(values: readonly Value[]): readonly Value[] {
  const types = new Set(values.map(({ dtype }) => dtype));
  return types.size === 1 ? values : values.map((value) => cast(value, types.has('float32') ? 'float32' : 'int32'));
}

function concatenated(call: OperationCall, values: readonly Value[], axis: number): Value {
  const first = values.at(0);
  if (!first) throw call.refuse('an empty list', '[]');
  return concat(alike(values), normalizeAxis(axis, first.shape.length));
}

function stack(call: OperationCall): Value {
  const values = call.tensors('x');
  const first = values.at(0);
  if (!first) throw call.refuse('an empty list', '[]');
  const axis = normalizeAxis(call.number('axis', 0), first.shape.length + 1);
  return concat(alike(values).map((value) => reshape(value, [...value.shape.slice(0, axis), 1, ...value.shape.slice(axis)])), axis);
}

/** Joined along the second axis. */
function horizontal(call: OperationCall): Value {
  return concatenated(call, call.tensors('xs'), 1);
}

/** Joined along the third axis; of fewer axes, after one of size 1 on each side of a vector, behind a matrix. */
function deep(call: OperationCall): Value {
  const raised = call.tensors('xs').map((x) => {
    if (x.shape.length >= 3) return x;
    return reshape(x, x.shape.length === 2 ? [...x.shape, 1] : [1, x.shape[0] ?? 1, 1]);
  });
  return concatenated(call, raised, 2);
}

/** Joined along the first axis, which must not be the batch's. */
function vertical(call: OperationCall): Value {
  if (call.tensors('xs').some(({ shape }) => (shape[0] ?? 1) < 0)) throw call.refuse('the axis of the batch', 'axis 0');
  return concatenated(call, call.tensors('xs').map((x) => (x.shape.length >= 2 ? x : reshape(x, [1, x.shape[0] ?? 1]))), 0);
}

/** Equal parts by their number, or cut before the given indices. */
function parts(call: OperationCall, along?: number): readonly Value[] {
  const x = call.tensor('x');
  const axis = along ?? call.axis(x, 'axis', 0);
  const size = x.shape[axis] ?? 0;
  const given = call.integers('indices_or_sections') ?? [];
  if (size < 0) throw call.refuse('the axis of the batch', showShape(x.shape));
  const cuts = Array.isArray(call.plain('indices_or_sections')) ? given : evenCuts(size, given[0] ?? 1);
  const ends = [...cuts.map((cut) => (cut < 0 ? cut + size : cut)), size];
  const sizes = ends.map((end, index) => end - (index === 0 ? 0 : (ends[index - 1] ?? 0)));
  return split(x, sizes, axis);
}

/** The first parts are one longer where they cannot be equal. */
function evenCuts(size: number, count: number): number[] {
  const [short, longer] = [Math.floor(size / count), size % count];
  return Array.from({ length: count - 1 }, (_, index) => (index + 1) * short + Math.min(index + 1, longer));
}

function unstack(call: OperationCall): readonly Value[] {
  const x = call.tensor('x');
  const axis = call.axis(x, 'axis', 0);
  const size = x.shape[axis] ?? 0;
  if (size < 0) throw call.refuse('the axis of the batch', showShape(x.shape));
  return split(x, new Array<number>(size).fill(1), axis).map((part) => reshape(part, part.shape.filter((_, own) => own !== axis)));
}

export const joiningOperations: readonly KerasOperation[] = [
  { className: 'Concatenate', parameters: ['xs'], apply: (call) => concatenated(call, call.tensors('xs'), call.number('axis', -1)) },
  { className: 'Append', parameters: ['x1', 'x2'], apply: (call) => {
    if (!call.has('axis')) throw call.refuse('no axis', 'None');
    return concatenated(call, [call.tensor('x1'), call.tensor('x2')], call.number('axis'));
  } },
  { className: 'Stack', parameters: ['x'], apply: stack },
  { className: 'Hstack', parameters: ['xs'], apply: horizontal },
  { className: 'Dstack', parameters: ['xs'], apply: deep },
  { className: 'Vstack', parameters: ['xs'], apply: vertical },
  { className: 'Split', parameters: ['x'], apply: (call) => parts(call) },
  { className: 'ArraySplit', parameters: ['x'], apply: (call) => parts(call) },
  { className: 'Hsplit', parameters: ['x'], apply: (call) => parts(call, call.tensor('x').shape.length === 1 ? 0 : 1) },
  { className: 'Dsplit', parameters: ['x'], apply: (call) => parts(call, 2) },
  { className: 'Vsplit', parameters: ['x'], apply: (call) => parts(call, 0) },
  { className: 'Unstack', parameters: ['x'], apply: unstack },
];
