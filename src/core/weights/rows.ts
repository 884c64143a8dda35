import { SurgeryError } from '../errors';
import type { Weight } from '../model/model';
import { numbersIn } from './decode';
import { rowBlocks, type RowBlocks } from './matrix';

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

type Pause = () => Promise<void>;

/**
 * The longest and the shortest rows by Euclidean norm; equal ones in their order. Rows with NaN or infinity are left out. A large weight
 * is read in pieces; `pause` comes between them.
 */
export async function rowNorms(weight: Weight, most: number, pause: Pause): Promise<RowNorms> {
  const matrix = rowBlocks(weight);
  const norms = new Float64Array(matrix.rows);
  await eachRow(matrix, pause, (row, numbers, start) => { norms[row] = Math.sqrt(product([numbers, start], [numbers, start], matrix.columns)); });
  const order = Uint32Array.from(norms.keys()).filter((row) => Number.isFinite(norms[row])).sort((a, b) => norms[b] - norms[a] || a - b);
  const listed = (rows: Uint32Array): RowNorm[] => Array.from(rows, (row) => ({ row, norm: norms[row] }));
  return { rows: matrix.rows, longest: listed(order.slice(0, most)), shortest: listed(order.slice(-most)).reverse() };
}

export interface Neighbour {
  readonly row: number;
  /** Of the angle to the row that was asked about. */
  readonly cosine: number;
}

/** The rows that point most nearly where one row points, that row and rows without a direction left out. Throws `usage`. */
export async function nearestRows(weight: Weight, row: number, { most, pause }: { readonly most: number; readonly pause: Pause }): Promise<Neighbour[]> {
  const matrix = rowBlocks(weight);
  const { rows, columns } = matrix;
  if (!Number.isInteger(row) || row < 0 || row >= rows) {
    throw new SurgeryError('usage', 'The weight has no such row.', { expected: `a whole number from 0 to ${rows - 1}`, received: String(row), where: weight.name });
  }
  const asked = numbersIn(weight, row * columns, columns);
  const own = Math.sqrt(product([asked, 0], [asked, 0], columns));
  const cosines = new Float64Array(rows);
  await eachRow(matrix, pause, (other, numbers, start) => {
    cosines[other] = product([asked, 0], [numbers, start], columns) / (own * Math.sqrt(product([numbers, start], [numbers, start], columns)));
  });
  const order = Uint32Array.from(cosines.keys()).filter((other) => other !== row && Number.isFinite(cosines[other])).sort((a, b) => cosines[b] - cosines[a] || a - b);
  return Array.from(order.slice(0, most), (other) => ({ row: other, cosine: cosines[other] }));
}

async function eachRow({ columns, blocks }: RowBlocks, pause: Pause, visit: (row: number, numbers: Numbers, start: number) => void): Promise<void> {
  let row = 0;
  for (const numbers of blocks()) {
    for (let start = 0; columns > 0 && start < numbers.length; start += columns) visit(row++, numbers, start);
    await pause();
  }
}

type Numbers = Float32Array | Float64Array;

/** Numbers and where in them a row begins. */
type Row = readonly [Numbers, number];

function product([a, startA]: Row, [b, startB]: Row, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[startA + i] * b[startB + i];
  return sum;
}
