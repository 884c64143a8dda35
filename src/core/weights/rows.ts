import { SurgeryError } from '../errors';
import type { Weight } from '../model/model';
import { asMatrix, type WeightMatrix } from './matrix';

/** A row of a weight seen as a matrix: of an embedding, a token. */
export interface RowNorm {
  readonly row: number;
  readonly norm: number;
}

export interface RowNorms {
  readonly rows: number;
  /** The longest first. */
  readonly longest: readonly RowNorm[];
  /** The shortest first. */
  readonly shortest: readonly RowNorm[];
}

/** The longest and the shortest rows by Euclidean norm; equal ones in their order. Rows with NaN or infinity are left out. */
export function rowNorms(weight: Weight, most: number): RowNorms {
  const matrix = asMatrix(weight);
  const norms = Array.from({ length: matrix.rows }, (_, row): RowNorm => ({ row, norm: Math.sqrt(product(matrix, row, row)) })).filter(({ norm }) => Number.isFinite(norm));
  const sorted = norms.sort((a, b) => b.norm - a.norm || a.row - b.row);
  return { rows: matrix.rows, longest: sorted.slice(0, most), shortest: sorted.slice(-most).reverse() };
}

export interface Neighbour {
  readonly row: number;
  /** Of the angle to the row that was asked about. */
  readonly cosine: number;
}

/** The rows that point most nearly where one row points, that row and rows without a direction left out. Throws `usage`. */
export function nearestRows(weight: Weight, row: number, most: number): Neighbour[] {
  const matrix = asMatrix(weight);
  if (!Number.isInteger(row) || row < 0 || row >= matrix.rows) {
    throw new SurgeryError('usage', 'The weight has no such row.', { expected: `a whole number from 0 to ${matrix.rows - 1}`, received: String(row), where: weight.name });
  }
  const own = Math.sqrt(product(matrix, row, row));
  const found: Neighbour[] = [];
  for (let other = 0; other < matrix.rows; other++) {
    if (other === row) continue;
    const cosine = product(matrix, row, other) / (own * Math.sqrt(product(matrix, other, other)));
    if (Number.isFinite(cosine)) found.push({ row: other, cosine });
  }
  return found.sort((a, b) => b.cosine - a.cosine || a.row - b.row).slice(0, most);
}

function product({ columns, numbers }: WeightMatrix, a: number, b: number): number {
  let sum = 0;
  for (let column = 0; column < columns; column++) sum += numbers[a * columns + column] * numbers[b * columns + column];
  return sum;
}
