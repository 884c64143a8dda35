import { SurgeryError } from '../errors';
import { cast } from '../ops/cast';
import type { Value } from '../ops/graph';
import type { KerasShape } from './layer';

/** The only input of a layer that takes one. Throws `shape-mismatch`. */
export function only<T>(inputs: readonly T[], layer: string): T {
  const [input] = inputs;
  if (input === undefined || inputs.length !== 1) {
    throw new SurgeryError('shape-mismatch', `${layer} takes one input.`, { expected: '1 input', received: `${inputs.length} inputs` });
  }
  return input;
}

/** What a layer computes with: Keras casts integers to float32 where a layer's arithmetic needs it. */
export function asFloat(x: Value): Value {
  return x.dtype === 'float32' ? x : cast(x, 'float32');
}

/** The size of an axis that must be known, because a weight has it. Throws `shape-mismatch`. */
export function knownSize(shape: KerasShape, axis: number, layer: string): number {
  const size = shape.at(axis);
  if (typeof size !== 'number') {
    throw new SurgeryError('shape-mismatch', `${layer} needs an input whose axis ${axis} has a known size.`, {
      expected: `a size on axis ${axis}`,
      received: showKerasShape(shape),
    });
  }
  return size;
}

/** Throws `shape-mismatch` unless the shape has this many axes, the batch included. */
export function requireRank(shape: KerasShape, rank: number, layer: string): void {
  if (shape.length === rank) return;
  throw new SurgeryError('shape-mismatch', `${layer} takes a tensor of ${rank} axes.`, { expected: `${rank} axes`, received: showKerasShape(shape) });
}

export function showKerasShape(shape: KerasShape): string {
  return `[${shape.map((size) => (size === null ? 'null' : String(size))).join(', ')}]`;
}

/** A program's shape as Keras shows it: sizes that count batches are free. */
export function toKerasShape(shape: readonly number[]): KerasShape {
  return shape.map((size) => (size < 0 ? null : size));
}

/** The sizes multiplied; free where one of them is. */
export function productOf(shape: KerasShape): number | null {
  return shape.reduce<number | null>((product, size) => (product === null || size === null ? null : product * size), 1);
}
