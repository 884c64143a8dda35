import type { Value } from '../../ops/graph';
import { gatherRows } from '../../ops/rows';
import { transpose } from '../../ops/transpose';

/** The tensor with one axis at another place, the others in their order. */
export function moveAxis(x: Value, from: number, to: number): Value {
  if (from === to) return x;
  const order = x.shape.map((_, axis) => axis).filter((axis) => axis !== from);
  order.splice(to, 0, from);
  return transpose(x, order);
}

/** Elements of an axis of fixed size by constant indices, in their order; an index may come again. */
export function pick(x: Value, axis: number, indices: readonly number[]): Value {
  const ids = x.graph.constant({ dtype: 'int32', shape: [indices.length], data: Int32Array.from(indices) });
  return moveAxis(gatherRows(moveAxis(x, axis, 0), ids), 0, axis);
}
