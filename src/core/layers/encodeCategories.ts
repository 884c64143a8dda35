import { z } from 'zod';
import { SurgeryError } from '../errors';
import { cast } from '../ops/cast';
import type { Value } from '../ops/graph';
import { oneHot } from '../ops/oneHot';
import { max, sum } from '../ops/reduce';
import { reshape } from '../ops/reshape';
import type { KerasShape } from './layer';
import { showKerasShape } from './shapes';

/** Keras 2 named `multi_hot` `binary`. */
export const encodedModes = z
  .enum(['one_hot', 'multi_hot', 'count', 'binary'])
  .transform((mode) => (mode === 'binary' ? 'multi_hot' : mode));

export type EncodedMode = z.output<typeof encodedModes>;

interface Encoding {
  readonly mode: EncodedMode;
  /** Number of categories. */
  readonly depth: number;
  readonly className: string;
}

/** One row for each index, or one for each sample that says which indices are in it or how often. */
export function encodedShape(input: KerasShape, { mode, depth, className }: Encoding): KerasShape {
  if (mode === 'one_hot') return [...(input.length > 1 && input.at(-1) === 1 ? input.slice(0, -1) : input), depth];
  if (input.length === 2) return [input[0] ?? null, depth];
  throw new SurgeryError('shape-mismatch', `${className} in the mode ${mode} takes a list of indices for each sample.`, {
    expected: '2 axes',
    received: showKerasShape(input),
  });
}

/** Indices out of range count nowhere. */
export function encodeCategories(indices: Value, { mode, depth }: Encoding): Value {
  const { shape } = indices;
  const whole = cast(indices, 'int32');
  if (mode !== 'one_hot') return (mode === 'count' ? sum : max)(oneHot(whole, depth), [1]);
  return oneHot(shape.length > 1 && shape.at(-1) === 1 ? reshape(whole, shape.slice(0, -1)) : whole, depth);
}

/** Keras' sparse tensors are not made. */
export const notSparse = z.literal(false, 'a dense output').default(false);
