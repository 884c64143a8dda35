import { SurgeryError } from '../errors';
import type { Value } from '../ops/graph';
import { reshape } from '../ops/reshape';
import { sameShape, showShape } from '../ops/shape';

/**
 * Keras' `squeeze_or_expand_to_same_rank`: where the ranks differ by one and the longer ends in an axis of size 1, a vector is
 * given that axis, or else the longer one loses it.
 */
export function matchRanks(a: Value, b: Value): [Value, Value] {
  if (a.shape.length === b.shape.length + 1) {
    const [shorter, longer] = match(b, a);
    return [longer, shorter];
  }
  return b.shape.length === a.shape.length + 1 ? match(a, b) : [a, b];
}

function match(shorter: Value, longer: Value): [Value, Value] {
  if (longer.shape.at(-1) !== 1) return [shorter, longer];
  if (shorter.shape.length === 1) return [reshape(shorter, [...shorter.shape, 1]), longer];
  return [shorter, reshape(longer, longer.shape.slice(0, -1))];
}

/** Throws `data-mismatch` unless the mask of an output says of each of its losses (or measurements) whether it counts. */
export function requireMaskShape(values: Value, mask: Value): void {
  if (sameShape(values.shape, mask.shape)) return;
  throw new SurgeryError('data-mismatch', 'The mask that an output carries does not fit what is measured of it.', {
    expected: showShape(values.shape),
    received: showShape(mask.shape),
  });
}
