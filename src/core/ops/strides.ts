import type { NumericTensor } from './definition';

/** How one tensor is walked: where it starts and how far apart its neighbours lie on each walked axis (in elements). */
export interface Walk {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Called for each row; `offsets[i]` and `strides[i]` are those of tensor i along it. The arrays are reused: do not keep them. */
export type RowVisitor = (offsets: readonly number[], length: number, strides: readonly number[]) => void;

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** Walks a whole row-major tensor. */
export function wholeWalk(shape: readonly number[]): Walk {
  return { offset: 0, strides: stridesOf(shape) };
}

/** Walks a tensor as if it were broadcast to the shape `to`: strides are 0 where it repeats. */
export function broadcastWalk(shape: readonly number[], to: readonly number[]): Walk {
  const own = stridesOf(shape);
  const missing = to.length - shape.length;
  const strides = to.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : own[axis - missing]));
  return { offset: 0, strides };
}

/** Walks `shape` in row-major order over several tensors at once, with as few and as long rows as their strides allow. */
export function forEachRow(shape: readonly number[], walks: readonly Walk[], visit: RowVisitor): void {
  if (elementCount(shape) === 0) return;
  const { sizes, strides } = mergeAxes(shape, walks);
  const outer = sizes.length - 1;
  const rowStrides = strides.map((own) => own[outer]);
  const offsets = walks.map(({ offset }) => offset);
  const position = new Array<number>(outer).fill(0);
  for (;;) {
    visit(offsets, sizes[outer], rowStrides);
    let axis = outer - 1;
    while (axis >= 0 && ++position[axis] === sizes[axis]) {
      for (let i = 0; i < offsets.length; i++) offsets[i] -= (sizes[axis] - 1) * strides[i][axis];
      position[axis--] = 0;
    }
    if (axis < 0) return;
    for (let i = 0; i < offsets.length; i++) offsets[i] += strides[i][axis];
  }
}

/** Axes that lie one after the other in every tensor become one; axes of size 1 vanish. At least one axis is left. */
function mergeAxes(shape: readonly number[], walks: readonly Walk[]): { sizes: number[]; strides: number[][] } {
  const sizes: number[] = [];
  const strides = walks.map((): number[] => []);
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 1) continue;
    const last = sizes.length - 1;
    const joins = last >= 0 && walks.every((walk, i) => strides[i][last] === walk.strides[axis] * shape[axis]);
    if (joins) sizes[last] *= shape[axis];
    else sizes.push(shape[axis]);
    walks.forEach((walk, i) => (strides[i][joins ? last : last + 1] = walk.strides[axis]));
  }
  if (sizes.length > 0) return { sizes, strides };
  return { sizes: [1], strides: walks.map(() => [0]) };
}

/** Numbers and the way through them. */
interface Walked {
  readonly data: Float64Array;
  readonly walk: Walk;
}

/** Copies a tensor of this shape from one place to another. */
export function copyWalk(shape: readonly number[], from: Walked, to: Walked): void {
  forEachRow(shape, [from.walk, to.walk], ([a, b], length, [stepA, stepB]) => {
    for (let i = 0; i < length; i++) to.data[b + i * stepB] = from.data[a + i * stepA];
  });
}

/** A new tensor that holds what the walk finds in `source`. */
export function gather(shape: readonly number[], source: Float64Array, walk: Walk): NumericTensor {
  const data = new Float64Array(elementCount(shape));
  copyWalk(shape, { data: source, walk }, { data, walk: wholeWalk(shape) });
  return { shape, data };
}
