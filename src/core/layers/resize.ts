import { floatTensor } from '../model/tensor';
import type { Graph, Value } from '../ops/graph';
import { matmul } from '../ops/matmul';
import { reshape } from '../ops/reshape';
import { sizeOfShape } from '../ops/shape';
import { interpolationWeights, type Interpolate } from './interpolation';

/** Images `[batch, height, width, channels]` in another height and width: a product with a constant matrix for each axis. */
export function resizeImages(x: Value, [height, width]: readonly [number, number], how: Interpolate): Value {
  return resizeAxis(resizeAxis(x, 1, height, how), 2, width, how);
}

function resizeAxis(x: Value, axis: number, size: number, how: Interpolate): Value {
  const from = x.shape[axis] ?? 1;
  if (from === size) return x;
  const weights = x.graph.constant(floatTensor([size, from], Float32Array.from(interpolationWeights(from, size, how))));
  return alongAxis(weights, x, axis);
}

/** A matrix `[to, from]` times an axis of size `from`, or one matrix for each sample: `[batch, to, from]`. */
export function alongAxis(weights: Value, x: Value, axis: number): Value {
  const size = weights.shape.at(-2) ?? 1;
  const before = x.shape.slice(0, axis);
  const after = sizeOfShape(x.shape.slice(axis + 1));
  const lead = weights.shape.length === 3 ? [before[0] ?? 1, sizeOfShape(before.slice(1))] : [sizeOfShape(before)];
  const rows = reshape(x, [...lead, x.shape[axis] ?? 1, after]);
  const matrices = weights.shape.length === 3 ? reshape(weights, [weights.shape[0] ?? 1, 1, ...weights.shape.slice(1)]) : weights;
  return reshape(matmul(matrices, rows), [...before, size, ...x.shape.slice(axis + 1)]);
}

/** A row of constants. */
export function constantRow(graph: Graph, numbers: readonly number[]): Value {
  return graph.constant(floatTensor([numbers.length], Float32Array.from(numbers)));
}
