import { SurgeryError } from '../errors';
import type { Weight } from '../model/model';
import { decodeNumbers } from './decode';

/** Which rectangle of a weight is wanted. */
export interface SliceRequest {
  /** Which two axes are rows and columns; the same one twice gives a single row along it. */
  readonly axes: readonly [number, number];
  /** Where the other axes are held; one number for each axis, those of `axes` are not looked at. */
  readonly index: readonly number[];
  /** Most rows and most columns; beyond that every n-th is taken. */
  readonly most: number;
}

/** A rectangle of a weight seen as a matrix, thinned to what a picture can show. */
export interface Slice {
  readonly rows: number;
  readonly columns: number;
  /** row-major, `rows * columns` */
  readonly values: Float32Array;
  /** Every how many-th row and column is shown; 1 where all are. */
  readonly rowStep: number;
  readonly columnStep: number;
  /** Over the finite values that are shown; 0 where there are none. */
  readonly min: number;
  readonly max: number;
}

/** A line through a weight: how many elements, how far apart in memory, and every how many-th is taken. */
interface Line {
  readonly count: number;
  readonly stride: number;
  readonly step: number;
}

/** Throws `usage` for axes or an index outside the weight. */
export function sliceWeight(weight: Weight, request: SliceRequest): Slice {
  const { shape } = weight;
  const { axes: [rowAxis, columnAxis], most } = request;
  requireInside(weight, request);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const row = rowAxis === columnAxis ? { count: 1, stride: 0, step: 1 } : thinned(shape[rowAxis], strides[rowAxis], most);
  const column = thinned(shape[columnAxis], strides[columnAxis], most);
  const held = shape.map((_, axis) => (axis === rowAxis || axis === columnAxis ? 0 : request.index[axis] * strides[axis]));
  return read(decodeNumbers(weight), held.reduce((sum, offset) => sum + offset, 0), row, column);
}

function thinned(size: number, stride: number, most: number): Line {
  const step = Math.max(1, Math.ceil(size / most));
  return { count: Math.ceil(size / step), stride: stride * step, step };
}

function read(numbers: ArrayLike<number>, start: number, row: Line, column: Line): Slice {
  const values = new Float32Array(row.count * column.count);
  let [min, max] = [Infinity, -Infinity];
  for (let r = 0; r < row.count; r++) {
    for (let c = 0; c < column.count; c++) {
      const value = numbers[start + r * row.stride + c * column.stride];
      values[r * column.count + c] = value;
      if (!Number.isFinite(value)) continue;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }
  const none = min > max;
  return { rows: row.count, columns: column.count, values, rowStep: row.step, columnStep: column.step, min: none ? 0 : min, max: none ? 0 : max };
}

function requireInside({ name, shape }: Weight, { axes, index, most }: SliceRequest): void {
  const heldInside = shape.every((size, axis) => axes.includes(axis) || isIndex(index[axis], size));
  if (axes.every((axis) => isIndex(axis, shape.length)) && heldInside && most >= 1) return;
  throw new SurgeryError('usage', 'The slice lies outside the weight.', {
    expected: `two of ${shape.length} axes and places within [${shape.join(', ')}]`,
    received: `axes ${axes.join(', ')} at [${index.join(', ')}]`,
    where: name,
  });
}

function isIndex(value: number | undefined, size: number): boolean {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value < size;
}
