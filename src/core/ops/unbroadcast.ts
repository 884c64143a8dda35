import type { Value } from './graph';
import { sum } from './reduce';
import { reshape } from './reshape';
import type { Shape } from './shape';

/** The gradient of broadcasting: sums over the axes along which a tensor of shape `shape` was repeated. */
export function unbroadcast(dy: Value, shape: Shape): Value {
  const missing = dy.shape.length - shape.length;
  const axes = dy.shape.flatMap((dim, axis) => {
    const repeated = axis < missing || (shape[axis - missing] === 1 && dim !== 1);
    return repeated ? [axis] : [];
  });
  return reshape(sum(dy, axes), shape);
}
