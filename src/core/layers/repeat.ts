import { broadcastTo } from '../ops/broadcastTo';
import type { Value } from '../ops/graph';
import { reshape } from '../ops/reshape';
import { sizeOfShape } from '../ops/shape';

/** Each element of an axis `times` times, one after the other, as `keras.ops.repeat`. */
export function repeat(x: Value, axis: number, times: number): Value {
  if (times === 1) return x;
  const size = x.shape[axis] ?? 1;
  // Four axes whatever the rank, so that rows stay long.
  const [before, after] = [sizeOfShape(x.shape.slice(0, axis)), sizeOfShape(x.shape.slice(axis + 1))];
  const repeated = broadcastTo(reshape(x, [before, size, 1, after]), [before, size, times, after]);
  return reshape(repeated, x.shape.map((dim, index) => (index === axis ? size * times : dim)));
}
