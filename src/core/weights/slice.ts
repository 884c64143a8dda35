import { SurgeryError } from '../errors';
import type { Weight } from '../model/model';
import { sizeOf } from '../model/tensor';
import { decodeNumbers, numbersIn } from './decode';

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

/** elements; neighbours that are farther apart are read each by itself, because a file is read by blocks */
const mostApart = 1024;
/** elements; a weight that is no longer is read as a whole */
const small = 1 << 20;

/** Throws `usage` for axes or an index outside the weight. Of a weight that lies in its file only what is shown is read. */
export function sliceWeight(weight: Weight, request: SliceRequest): Slice {
  const { shape } = weight;
  const { axes: [rowAxis, columnAxis], most } = request;
  requireInside(weight, request);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const row = rowAxis === columnAxis ? { count: 1, stride: 0, step: 1 } : thinned(shape[rowAxis], strides[rowAxis], most);
  const column = thinned(shape[columnAxis], strides[columnAxis], most);
  const held = shape.map((_, axis) => (axis === rowAxis || axis === columnAxis ? 0 : request.index[axis] * strides[axis]));
  const values = read(weight, held.reduce((sum, offset) => sum + offset, 0), row, column);
  return { rows: row.count, columns: column.count, values, rowStep: row.step, columnStep: column.step, ...rangeOf(values) };
}

function thinned(size: number, stride: number, most: number): Line {
  const step = Math.max(1, Math.ceil(size / most));
  return { count: Math.ceil(size / step), stride: stride * step, step };
}

/** Smallest and largest of the finite values; 0 where there are none. */
export function rangeOf(values: ArrayLike<number>): Pick<Slice, 'min' | 'max'> {
  let [min, max] = [Infinity, -Infinity];
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return min > max ? { min: 0, max: 0 } : { min, max };
}

/** Line by line along the axis whose elements lie closer together, whichever is drawn as rows. */
function read(weight: Weight, start: number, row: Line, column: Line): Float32Array {
  const values = new Float32Array(row.count * column.count);
  const at = numbersAt(weight);
  const inRows = row.count === 1 || column.stride <= row.stride;
  const [outer, inner] = inRows ? [row, column] : [column, row];
  const [outerStep, innerStep] = inRows ? [column.count, 1] : [1, column.count];
  for (let line = 0; line < outer.count; line++) {
    at(start + line * outer.stride, inner, (value, index) => { values[line * outerStep + index * innerStep] = value; });
  }
  return values;
}

type Take = (value: number, index: number) => void;

function numbersAt(weight: Weight): (start: number, line: Line, take: Take) => void {
  const whole = sizeOf(weight.shape) <= small ? decodeNumbers(weight) : null;
  return (start, { count, stride }, take) => {
    const apart = stride > mostApart;
    const near = whole || apart || count === 0 ? null : numbersIn(weight, start, (count - 1) * stride + 1);
    for (let index = 0; index < count; index++) {
      if (whole) take(whole[start + index * stride], index);
      else take(near ? near[index * stride] : numbersIn(weight, start + index * stride, 1)[0], index);
    }
  };
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
