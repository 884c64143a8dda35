import { broadcastTo } from '../ops/broadcastTo';
import { cast } from '../ops/cast';
import { equal, logicalAnd } from '../ops/compare';
import type { Value } from '../ops/graph';
import { reshape } from '../ops/reshape';
import type { Shape } from '../ops/shape';

/** Of a bool tensor. */
export function not(mask: Value): Value {
  return equal(cast(mask, 'int32'), 0);
}

export function either(a: Value, b: Value): Value {
  return not(logicalAnd(not(a), not(b)));
}

/** [...] to [..., 1]: what stands beside the features of each step. */
export function besideFeatures(mask: Value): Value {
  return reshape(mask, [...mask.shape, 1]);
}

/** As 0 and 1, in a shape that it broadcasts to. */
export function flags(mask: Value, shape: Shape): Value {
  return broadcastTo(cast(mask, 'float32'), shape);
}
