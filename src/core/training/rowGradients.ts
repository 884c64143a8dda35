import type { Value } from '../ops/graph';
import { add, mul } from '../ops/binary';
import { scatterAddRows } from '../ops/rows';

/** What one lookup adds to rows of a table; an index may come again. */
interface RowSlices {
  readonly ids: Value;
  readonly values: Value;
}

/**
 * The gradient of a table whose rows are looked up, as TensorFlow hands it to Keras' optimizers: `IndexedSlices`, the repeats of a
 * row not yet summed. Undefined for any other gradient: one sum with a dense part (a regularizer) makes it dense.
 */
function slicesOf(gradient: Value): readonly RowSlices[] | undefined {
  const producer = gradient.graph.producer(gradient);
  if (producer?.op.name === 'scatterAddRows') return [{ ids: producer.inputs[0], values: producer.inputs[1] }];
  if (producer?.op.name !== 'add') return undefined;
  const parts = producer.inputs.map(slicesOf);
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
}

/** A function of each element of a gradient; of each slice of a table's, before the slices of a row are summed. */
export function mapGradient(gradient: Value, change: (part: Value) => Value): Value {
  const slices = slicesOf(gradient);
  if (!slices) return change(gradient);
  return slices.map(({ ids, values }) => scatterAddRows(ids, change(values), gradient.shape[0])).reduce((a, b) => add(a, b));
}

/**
 * The square that Keras on TensorFlow computes: of a table's gradient the sum of the squares of its slices, not the square of their
 * sum. With a token that comes twice in a batch, Adam and RMSprop then take other steps.
 */
export function squaredGradient(gradient: Value): Value {
  return mapGradient(gradient, (part) => mul(part, part));
}
