import type { Weight } from '../model/model';
import { decodeNumbers } from './decode';

/** What is said of the numbers of one weight. All but the three counts are over the finite values; NaN where there are none. */
export interface NumberStatistics {
  readonly mean: number;
  /** Population standard deviation. */
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly zeros: number;
  readonly nan: number;
  readonly inf: number;
  /** Equal bins over the finite values; the last one holds its upper end too. */
  readonly histogram: { readonly from: number; readonly to: number; readonly counts: readonly number[] };
}

const bins = 40;

/** Statistics of a stored weight, summed in float64. Throws `weight-mismatch` where the bytes do not fill the shape. */
export function weightStatistics(weight: Weight): NumberStatistics & Pick<Weight, 'name' | 'shape' | 'dtype'> {
  const { name, shape, dtype } = weight;
  return { name, shape, dtype, ...numberStatistics(decodeNumbers(weight)) };
}

/** The same of numbers that are at hand. */
export function numberStatistics(numbers: ArrayLike<number>): NumberStatistics {
  const { finite, mean, squares, min, max, ...counts } = momentsOf(numbers);
  if (finite === 0) return { mean: NaN, std: NaN, min: NaN, max: NaN, ...counts, histogram: { from: 0, to: 1, counts: new Array<number>(bins).fill(0) } };
  return { mean, std: Math.sqrt(squares / finite), min, max, ...counts, histogram: histogramOf(numbers, min, max) };
}

/** Welford's running mean and sum of squares (Technometrics 4, 1962): one pass, no cancellation at a large mean. */
function momentsOf(numbers: ArrayLike<number>) {
  let [finite, mean, squares, zeros, nan, inf] = [0, 0, 0, 0, 0, 0];
  let [min, max] = [Infinity, -Infinity];
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i];
    if (!Number.isFinite(value)) {
      if (Number.isNaN(value)) nan += 1;
      else inf += 1;
      continue;
    }
    finite += 1;
    const step = value - mean;
    mean += step / finite;
    squares += step * (value - mean);
    if (value === 0) zeros += 1;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { finite, mean, squares, zeros, nan, inf, min, max };
}

/** As NumPy does, one value alone is given a range of 1 around it. */
function histogramOf(numbers: ArrayLike<number>, min: number, max: number): NumberStatistics['histogram'] {
  const [from, to] = min === max ? [min - 0.5, max + 0.5] : [min, max];
  const counts = new Array<number>(bins).fill(0);
  // Halved, so that the range of the largest float64 numbers does not overflow.
  const width = to / 2 - from / 2;
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i];
    if (!Number.isFinite(value)) continue;
    const bin = Math.floor(((value / 2 - from / 2) / width) * bins);
    counts[Math.min(bins - 1, Math.max(0, bin))] += 1;
  }
  return { from, to, counts };
}
