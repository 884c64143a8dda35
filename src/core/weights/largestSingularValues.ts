import { RandomStream } from '../training/random';
import type { RowBlocks } from './matrix';
import { tridiagonalEigenpairs } from './tridiagonal';

/** What a value may be wrong by, relative to itself; most are far better. */
const tolerance = 1e-3;
/** Of the largest number met: less than this is rounding. */
const nothing = 1e-13;

/**
 * The largest singular values of a matrix by the bidiagonalization of Golub, Kahan and Lanczos with full reorthogonalization (Golub and
 * Van Loan, Matrix Computations, 10.4). After as many steps as the shorter side is long all of them are there, as exact as float64 is.
 */
export class LargestSingularValues {
  /** How many there are, and how many steps find all. */
  readonly count: number;
  /** Directions along the shorter side, and along the longer one. */
  private readonly short: Float64Array[] = [];
  private readonly long: Float64Array[] = [];
  /** The bidiagonal, its diagonal and what stands beside that in turn; the last number leads to the next direction. */
  private readonly bidiagonal: number[] = [];
  private readonly draw = new RandomStream(0, 'singular values');
  private scale = 0;
  private next: Float64Array;

  constructor(private readonly matrix: RowBlocks) {
    this.count = Math.min(matrix.rows, matrix.columns);
    this.next = this.newDirection(this.short, this.count);
  }

  get steps(): number {
    return this.short.length;
  }

  /** All values are found. */
  get finished(): boolean {
    return this.steps >= this.count;
  }

  /** One step: reads the matrix twice. Does nothing where all is found. */
  step(): void {
    const before = this.steps;
    if (before >= this.count) return;
    const wide = this.matrix.columns > this.matrix.rows;
    this.short.push(this.next);
    const image = wide ? rowSum(this.matrix, this.next) : rowDots(this.matrix, this.next);
    const across = this.onwards(image, this.long) ?? this.newDirection(this.long, image.length);
    this.long.push(across);
    const back = wide ? rowDots(this.matrix, across) : rowSum(this.matrix, across);
    const next = this.onwards(back, this.short);
    if (before + 1 < this.count) this.next = next ?? this.newDirection(this.short, this.count);
  }

  /** The values that are settled, the largest first, up to the first one that is not. */
  values(): number[] {
    const size = this.steps;
    const rest = this.bidiagonal[2 * size - 1];
    // Of size 2n, with each value and its negative.
    const pairs = tridiagonalEigenpairs(new Array<number>(2 * size).fill(0), this.bidiagonal.slice(0, -1)).slice(0, size);
    const values = pairs.map(({ value }) => Math.max(0, value));
    if (this.finished) return values;
    const open = pairs.findIndex(({ value, last }) => Math.abs(rest * last) * Math.SQRT2 > tolerance * value);
    return open < 0 ? values : values.slice(0, open);
  }

  /** Notes how much of a vector is new, and gives its direction; null where nothing is. */
  private onwards(vector: Float64Array, basis: readonly Float64Array[]): Float64Array | null {
    const length = orthogonalize(vector, basis);
    const isNew = length > nothing * this.scale;
    this.bidiagonal.push(isNew ? length : 0);
    this.scale = Math.max(this.scale, length);
    return isNew ? scaled(vector, 1 / length) : null;
  }

  /** A direction that none of the basis has a part in. */
  private newDirection(basis: readonly Float64Array[], size: number): Float64Array {
    for (;;) {
      const vector = Float64Array.from(this.draw.uniforms(size), (value) => value - 0.5);
      const length = orthogonalize(vector, basis);
      if (length > 1e-6) return scaled(vector, 1 / length);
    }
  }
}

/** Takes out what the basis spans, twice, which is enough (Parlett), and says how long the rest is. */
function orthogonalize(vector: Float64Array, basis: readonly Float64Array[]): number {
  for (let round = 0; round < 2; round++) {
    for (const direction of basis) {
      const share = dot(direction, vector);
      for (let i = 0; i < vector.length; i++) vector[i] -= share * direction[i];
    }
  }
  return Math.sqrt(dot(vector, vector));
}

/** A v. Four rows at a time, so that each number of v is fetched once for four; the same below. */
function rowDots({ rows, columns: n, blocks }: RowBlocks, v: Float64Array): Float64Array {
  const image = new Float64Array(rows);
  let row = 0;
  for (const block of blocks()) {
    let start = 0;
    for (; start + 4 * n <= block.length; start += 4 * n) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let i = 0, a = start, b = a + n, c = b + n, d = c + n; i < n; i++, a++, b++, c++, d++) {
        const x = v[i];
        s0 += block[a] * x;
        s1 += block[b] * x;
        s2 += block[c] * x;
        s3 += block[d] * x;
      }
      image.set([s0, s1, s2, s3], row);
      row += 4;
    }
    for (; start < block.length; start += n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += block[start + i] * v[i];
      image[row++] = sum;
    }
  }
  return image;
}

/** A' u. */
function rowSum({ columns: n, blocks }: RowBlocks, u: Float64Array): Float64Array {
  const image = new Float64Array(n);
  let row = 0;
  for (const block of blocks()) {
    let start = 0;
    for (; start + 4 * n <= block.length; start += 4 * n, row += 4) {
      const [s0, s1, s2, s3] = [u[row], u[row + 1], u[row + 2], u[row + 3]];
      for (let i = 0, a = start, b = a + n, c = b + n, d = c + n; i < n; i++, a++, b++, c++, d++) {
        image[i] += s0 * block[a] + s1 * block[b] + s2 * block[c] + s3 * block[d];
      }
    }
    for (; start < block.length; start += n) {
      const share = u[row++];
      for (let i = 0; i < n; i++) image[i] += share * block[start + i];
    }
  }
  return image;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function scaled(vector: Float64Array, factor: number): Float64Array {
  return vector.map((value) => value * factor);
}
