/** What a symmetric tridiagonal matrix says: each eigenvalue, and the last entry of its eigenvector, which is of length one. */
export interface Eigenpair {
  readonly value: number;
  readonly last: number;
}

/**
 * Eigenvalues of a symmetric tridiagonal matrix, the largest first, by the implicit QL method; of the vectors only the last row is
 * carried along, as Golub and Welsch (1969) do with the first. `beside` has one number less than `diagonal`.
 */
export function tridiagonalEigenpairs(diagonal: readonly number[], beside: readonly number[]): Eigenpair[] {
  const size = diagonal.length;
  const rows = { d: Float64Array.from(diagonal), e: new Float64Array(size), last: new Float64Array(size) };
  rows.e.set(beside);
  rows.last[size - 1] = 1;
  for (let low = 0; low < size; low++) {
    // Three turns are usual; what has not come to rest after fifty is as good as it gets.
    for (let turn = 0; turn < 50; turn++) {
      const high = blockEnd(rows, low);
      if (high === low) break;
      turnOnce(rows, low, high);
    }
  }
  return Array.from(rows.d, (value, index) => ({ value, last: rows.last[index] })).sort((a, b) => b.value - a.value);
}

interface Rows {
  readonly d: Float64Array;
  readonly e: Float64Array;
  readonly last: Float64Array;
}

/** The first place from `low` on where the matrix falls apart. */
function blockEnd({ d, e }: Rows, low: number): number {
  let high = low;
  for (; high < d.length - 1; high++) {
    const size = Math.abs(d[high]) + Math.abs(d[high + 1]);
    if (Math.abs(e[high]) <= Number.EPSILON * size) break;
  }
  return high;
}

/** One sweep of rotations with Wilkinson's shift. */
function turnOnce({ d, e, last }: Rows, low: number, high: number): void {
  let g = (d[low + 1] - d[low]) / (2 * e[low]);
  let r = Math.hypot(g, 1);
  g = d[high] - d[low] + e[low] / (g + (g >= 0 ? r : -r));
  let [s, c, p] = [1, 1, 0];
  for (let i = high - 1; i >= low; i--) {
    const f = s * e[i];
    const b = c * e[i];
    r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] -= p;
      e[high] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - p;
    r = (d[i] - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    const right = last[i + 1];
    last[i + 1] = s * last[i] + c * right;
    last[i] = c * last[i] - s * right;
  }
  d[low] -= p;
  e[low] = g;
  e[high] = 0;
}
