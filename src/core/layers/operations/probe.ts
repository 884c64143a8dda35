import type { ComputeDType } from '../../model/tensor';
import { Graph, type TensorType, type Value } from '../../ops/graph';
import { BATCH } from '../../ops/shape';
import type { InputType, KerasShape } from '../layer';

/** Two sizes that stand for any other on free axes; divisible by what networks divide by. */
const sizes = [240, 480] as const;

type Write = (values: readonly Value[]) => readonly Value[];

/**
 * Shapes of what `write` gives, where axes of the inputs other than the batch may be free: written down with one size on them
 * and with another, axes that differ are free. Throws what `write` throws.
 */
export function probedShapes(inputs: readonly KerasShape[], write: Write): KerasShape[] {
  const typed = inputs.map((shape): InputType => ({ shape, dtype: 'float32' }));
  const [first, second] = sizes.map((size) => probe(typed, size, write));
  return first.map(({ shape }, output) => shape.map((dim, axis) => (dim < 0 || dim !== second[output]?.shape[axis] ? null : dim)));
}

/** Element types of what `write` gives. */
export function probedDTypes(inputs: readonly InputType[], write: Write): ComputeDType[] {
  return probe(inputs, sizes[0], write).map(({ dtype }) => dtype);
}

function probe(inputs: readonly InputType[], size: number, write: Write): readonly TensorType[] {
  const graph = new Graph();
  return write(inputs.map(({ shape, dtype }, index) => graph.input(`${index}`, { shape: shape.map((dim, axis) => dim ?? (axis === 0 ? BATCH : size)), dtype })));
}
