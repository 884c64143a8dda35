import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import type { Weight } from '../model/model';
import { asMatrix, type WeightMatrix } from './matrix';

export interface Spectrum {
  /** Euclidean norm of all numbers; NaN where one is not finite. */
  readonly norm: number;
  /** Of the weight seen as a matrix, the largest first; null with the reason where they are not computed. */
  readonly singularValues: readonly number[] | null;
  readonly reason: string | null;
}

/** multiplications, about ten seconds; whoever reads models can answer nothing else meanwhile */
const mostWork = 3e8;

/** The norm of a weight and its singular values, as `numpy.linalg.svd` of the matrix gives them. */
export function weightSpectrum(weight: Weight): Spectrum {
  const matrix = asMatrix(weight);
  const norm = normOf(matrix.numbers);
  const reason = whyNot(matrix, weight, norm);
  return { norm, reason, singularValues: reason === null ? singularValues(matrix) : null };
}

/** Scaled by the largest, so that squares of large numbers do not overflow. */
function normOf(numbers: ArrayLike<number>): number {
  let [largest, sum] = [0, 0];
  for (let i = 0; i < numbers.length; i++) {
    if (!Number.isFinite(numbers[i])) return NaN;
    largest = Math.max(largest, Math.abs(numbers[i]));
  }
  if (largest === 0) return 0;
  for (let i = 0; i < numbers.length; i++) sum += (numbers[i] / largest) ** 2;
  return largest * Math.sqrt(sum);
}

function whyNot({ rows, columns }: WeightMatrix, { shape }: Weight, norm: number): string | null {
  if (shape.length < 2) return 'it is no matrix';
  if (Number.isNaN(norm)) return 'it holds NaN or infinity';
  if (rows * columns === 0) return 'it is empty';
  return rows * columns * Math.min(rows, columns) > mostWork ? `${rows} x ${columns} is too large for this` : null;
}

function singularValues({ rows, columns, numbers }: WeightMatrix): number[] {
  const wide = columns > rows;
  const matrix = new Matrix(wide ? columns : rows, wide ? rows : columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (wide) matrix.set(column, row, numbers[row * columns + column]);
      else matrix.set(row, column, numbers[row * columns + column]);
    }
  }
  const { diagonal } = new SingularValueDecomposition(matrix, { computeLeftSingularVectors: false, computeRightSingularVectors: false });
  return [...diagonal].sort((a, b) => b - a);
}
