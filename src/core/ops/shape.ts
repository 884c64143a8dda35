import { SurgeryError } from '../errors';

/**
 * A dimension in a program. Zero or more is a fixed size; a negative one counts batches: -1 is the batch size, -40 is 40
 * times the batch size (what flattening `[batch, 40, 8]` to rows gives). One program so serves every batch size.
 */
export type Dim = number;
export type Shape = readonly Dim[];

/** The batch size as a dimension. */
export const BATCH: Dim = -1;

export function multiplyDims(a: Dim, b: Dim): Dim {
  if (a < 0 && b < 0) {
    throw new SurgeryError('shape-mismatch', 'A dimension cannot be the square of the batch size.');
  }
  return a * b;
}

/** The product of dimensions; 1 for none. */
export function sizeOfShape(shape: Shape): Dim {
  return shape.reduce(multiplyDims, 1);
}

/** A fixed size, given the batch size. */
export function resolveDim(dim: Dim, batch: number): number {
  return dim < 0 ? -dim * batch : dim;
}

export function resolveShape(shape: Shape, batch: number): number[] {
  return shape.map((dim) => resolveDim(dim, batch));
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** The shape of NumPy's broadcasting of two shapes. */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new SurgeryError('shape-mismatch', 'Two tensors cannot be broadcast to one shape.', {
      expected: `equal sizes or 1 on each axis, from the last`,
      received: `${showShape(a)} and ${showShape(b)}`,
    });
  });
}

/** An axis counted from the front; Keras counts from the back with negative numbers. */
export function normalizeAxis(axis: number, rank: number): number {
  const result = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(result) || result < 0 || result >= rank) {
    throw new SurgeryError('shape-mismatch', 'An axis is outside the tensor.', {
      expected: `an axis of a tensor of rank ${rank}`,
      received: String(axis),
    });
  }
  return result;
}

export function showShape(shape: Shape): string {
  const show = (dim: Dim): string => (dim >= 0 ? String(dim) : dim === BATCH ? 'batch' : `${-dim}*batch`);
  return `[${shape.map(show).join(', ')}]`;
}
