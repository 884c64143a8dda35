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

/** Equal parts by their number, or cut before the given indices. */
function parts(call: OperationCall): readonly Value[] {
  const x = call.tensor('x');
  const axis = call.axis(x, 'axis', 0);
  const size = x.shape[axis] ?? 0;
  const given = call.integers('indices_or_sections') ?? [];
  if (size < 0) throw call.refuse('the axis of the batch', showShape(x.shape));
  const cuts = Array.isArray(call.plain('indices_or_sections')) ? given : Array.from({ length: (given[0] ?? 1) - 1 }, (_, index) => ((index + 1) * size) / (given[0] ?? 1));
  const ends = [...cuts.map((cut) => (cut < 0 ? cut + size : cut)), size];
  const sizes = ends.map((end, index) => end - (index === 0 ? 0 : (ends[index - 1] ?? 0)));
  return split(x, sizes, axis);
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
  { className: 'Split', parameters: ['x'], apply: parts },
  { className: 'Unstack', parameters: ['x'], apply: unstack },
];
