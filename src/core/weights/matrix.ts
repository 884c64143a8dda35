import type { Weight } from '../model/model';
import { decodeNumbers } from './decode';

/** A weight seen as a matrix: what a layer multiplies by. */
export interface WeightMatrix {
  readonly rows: number;
  readonly columns: number;
  /** row-major */
  readonly numbers: Float32Array | Float64Array;
}

/** The last axis is the columns, all before it are the rows: `[height, width, in, out]` is `[height width in, out]`. */
export function asMatrix(weight: Weight): WeightMatrix {
  const columns = weight.shape.at(-1) ?? 1;
  const numbers = decodeNumbers(weight);
  return { rows: columns === 0 ? 0 : numbers.length / columns, columns, numbers };
}
