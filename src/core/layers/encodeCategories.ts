import { z } from 'zod';
import { SurgeryError } from '../errors';
import { type ComputeDType, floatTensor } from '../model/tensor';
import { mul } from '../ops/binary';
import { cast } from '../ops/cast';
import type { Value } from '../ops/graph';
import { oneHot } from '../ops/oneHot';
import { max, sum } from '../ops/reduce';
import { reshape } from '../ops/reshape';
import type { HostColumn } from './hostColumn';
import type { KerasShape } from './layer';
import { showKerasShape } from './shapes';

/** Keras 2 named `multi_hot` `binary`. */
export const encodedModes = z
  .enum(['one_hot', 'multi_hot', 'count', 'binary'])
  .transform((mode) => (mode === 'binary' ? 'multi_hot' : mode));

/** Those, and counts that weigh: `tf_idf`. */
export const weighedModes = z.union([encodedModes, z.enum(['tf_idf', 'tf-idf']).transform(() => 'tf_idf' as const)]);

export interface Encoding {
  /** `int`: the indices stay as they are. */
  readonly mode: z.output<typeof weighedModes> | 'int';
  /** Number of categories; of no account where indices stay. */
  readonly depth: number;
  readonly className: string;
  /** What a count of each category weighs in the mode `tf_idf`. */
  readonly weights?: Float32Array;
}

export function encodedDType(mode: Encoding['mode']): ComputeDType {
  return mode === 'int' ? 'int32' : 'float32';
}

/** One row for each index, or one for each sample that says which indices are in it or how often. */
export function encodedShape(input: KerasShape, { mode, depth, className }: Encoding): KerasShape {
  if (mode === 'int') return input;
  if (mode === 'one_hot') return [...(input.length > 1 && input.at(-1) === 1 ? input.slice(0, -1) : input), depth];
  if (input.length === 2) return [input[0] ?? null, depth];
  throw new SurgeryError('shape-mismatch', `${className} in the mode ${mode} takes a list of indices for each sample.`, {
    expected: '2 axes',
    received: showKerasShape(input),
  });
}

/** Indices out of range count nowhere. */
export function encodeCategories(indices: Value, { mode, depth, weights }: Encoding): Value {
  if (mode === 'int') return indices;
  const { shape } = indices;
  const whole = cast(indices, 'int32');
  if (mode === 'one_hot') return oneHot(shape.length > 1 && shape.at(-1) === 1 ? reshape(whole, shape.slice(0, -1)) : whole, depth);
  if (mode === 'multi_hot') return max(oneHot(whole, depth), [1]);
  const counts = sum(oneHot(whole, depth), [1]);
  return mode === 'tf_idf' && weights ? mul(counts, counts.graph.constant(floatTensor([depth], weights))) : counts;
}

/** The same for each sample on the host. */
export function encodeColumn(column: HostColumn, encoding: Encoding): HostColumn {
  const { mode, depth, weights } = encoding;
  if (mode === 'int') return column;
  const [, ...shape] = encodedShape([null, ...column.shape], encoding).map((size) => size ?? 1);
  const row = new Float32Array(shape.reduce((product, axis) => product * axis, 1));
  const read = (sample: number): Float32Array => {
    row.fill(0);
    Array.prototype.forEach.call(column.read(sample), (index: number, place: number) => {
      if (index < 0 || index >= depth) return;
      if (mode === 'one_hot') row[place * depth + index] = 1;
      else row[index] = mode === 'multi_hot' ? 1 : row[index] + 1;
    });
    if (mode === 'tf_idf' && weights) row.forEach((count, index) => (row[index] = count * weights[index]));
    return row;
  };
  return { shape, dtype: 'float32', read };
}

/** Keras' sparse tensors are not made. */
export const notSparse = z.literal(false, 'a dense output').default(false);
