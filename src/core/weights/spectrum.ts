import type { Weight } from '../model/model';
import { LargestSingularValues } from './largestSingularValues';
import { rowBlocks, type RowBlocks } from './matrix';

export interface Spectrum {
  /** Euclidean norm of all numbers; NaN where one is not finite. */
  readonly norm: number;
  /** Of the weight seen as a matrix, the largest first: those that are settled by now. Null with the reason where there are none. */
  readonly singularValues: readonly number[] | null;
  readonly reason: string | null;
  /** How many singular values there are. */
  readonly count: number;
  /** How far the search is; null where it has ended. */
  readonly search: { readonly steps: number; readonly most: number; /** It ends when so many are settled. */ readonly wanted: number } | null;
}

/** multiplications: up to here all values are computed; about half a minute */
const mostForAll = 3e10;
/** values that are looked for where all would take longer, and multiplications after which it ends */
const wantedOfMany = 64;
const mostWork = 6e10;
/** bytes of the directions that are kept */
const mostKept = 2 ** 28;
/** multiplications between two answers: half a second or two */
const turn = 4e8;
/** The norm of a weight and its singular values, as `numpy.linalg.svd` of the matrix gives them; of a large one the largest. */
export class SpectrumSearch {
  private readonly known: Pick<Spectrum, 'norm' | 'reason' | 'count'>;
  private readonly most: number;
  private readonly wanted: number;
  private values: readonly number[] = [];
  /** Null where the search has ended: it holds the matrix. */
  private search: LargestSingularValues | null;
  /** multiplications */
  private readonly perStep: number;

  constructor(weight: Weight) {
    const matrix = rowBlocks(weight);
    const norm = normOf(matrix);
    const reason = whyNot(matrix, weight, norm);
    const count = reason === null ? Math.min(matrix.rows, matrix.columns) : 0;
    this.known = { norm, reason, count };
    this.search = reason === null ? new LargestSingularValues(matrix) : null;
    this.perStep = 2 * matrix.rows * matrix.columns;
    const all = count * this.perStep + 4 * count ** 3 <= mostForAll;
    this.wanted = all ? count : Math.min(count, wantedOfMany);
    this.most = all ? count : Math.min(count, Math.max(1, Math.floor(mostWork / this.perStep)), Math.floor(mostKept / 8 / (matrix.rows + matrix.columns)));
  }

  /** Looks on for a while; `pause` comes between the steps. */
  async advance(pause: () => Promise<void>): Promise<Spectrum> {
    const { search, most, wanted, perStep, known: { count } } = this;
    if (!search) return this.found();
    for (let work = 0; work < turn && search.steps < most; work += perStep + 8 * count * search.steps) {
      search.step();
      await pause();
    }
    this.values = search.values();
    return search.steps >= most || this.values.length >= wanted ? this.stop() : this.found();
  }

  /** What is known by now; nothing more is looked for. */
  stop(): Spectrum {
    this.search = null;
    return this.found();
  }

  private found(): Spectrum {
    const { known, values, search, most, wanted } = this;
    return { ...known, singularValues: known.reason === null ? values : null, search: search && { steps: search.steps, most, wanted } };
  }
}

/** Scaled by the largest, so that squares of large numbers do not overflow. */
function normOf({ blocks }: RowBlocks): number {
  let [largest, sum] = [0, 0];
  for (const numbers of blocks()) {
    for (let i = 0; i < numbers.length; i++) {
      if (!Number.isFinite(numbers[i])) return NaN;
      largest = Math.max(largest, Math.abs(numbers[i]));
    }
  }
  if (largest === 0) return 0;
  for (const numbers of blocks()) for (let i = 0; i < numbers.length; i++) sum += (numbers[i] / largest) ** 2;
  return largest * Math.sqrt(sum);
}

function whyNot({ rows, columns }: RowBlocks, { shape }: Weight, norm: number): string | null {
  if (shape.length < 2) return 'it is no matrix';
  if (Number.isNaN(norm)) return 'it holds NaN or infinity';
  return rows * columns === 0 ? 'it is empty' : null;
}
