import type { Weight } from '../model/model';
import { sizeOf } from '../model/tensor';
import { decodeNumbers, numbersIn } from './decode';

/** What is said of the numbers of one weight. All but the three counts are over the finite values; NaN where there are none. */
export interface NumberStatistics {
  readonly mean: number;
  /** Population standard deviation. */
  readonly std: number;
  /** Euclidean. */
  readonly norm: number;
  readonly min: number;
  readonly max: number;
  readonly zeros: number;
  readonly nan: number;
  readonly inf: number;
  /** Equal bins over the finite values; the last one holds its upper end too. */
  readonly histogram: { readonly from: number; readonly to: number; readonly counts: readonly number[] };
}

/** Of a stored weight: what it is, and how many of its numbers were looked at. */
export interface WeightFigures extends NumberStatistics, Pick<Weight, 'name' | 'shape' | 'dtype'> {
  /** Null: all. Counts and norm of a sample are those of the sample. */
  readonly sampled: number | null;
}

const bins = 40;
/** numbers read at a time, so that a large weight is never in memory as a whole */
const chunk = 1 << 20;
/** numbers; a sample is so many neighbours here and there, because a file is read by blocks */
const run = 1024;

/** Statistics of a stored weight, summed in float64. Throws `weight-mismatch` where the bytes do not fill the shape. */
export function weightStatistics(weight: Weight): WeightFigures {
  return { ...named(weight), sampled: null, ...statisticsOfChunks(() => chunksOf(weight)) };
}

/** The same; between two pieces of a large weight it waits for `pause`, so that whoever computes it can do something else meanwhile. */
export async function weightStatisticsWithPauses(weight: Weight, pause: () => Promise<void>): Promise<WeightFigures> {
  const steps = stepsOf(() => chunksOf(weight));
  for (;;) {
    const step = steps.next();
    if (step.done) return { ...named(weight), sampled: null, ...step.value };
    await pause();
  }
}

/** The same of about `most` numbers, spread evenly over the weight; of all where there are no more. */
export function sampledStatistics(weight: Weight, most: number): WeightFigures {
  const total = sizeOf(weight.shape);
  if (total <= most) return weightStatistics(weight);
  const runs = Math.max(1, Math.floor(most / run));
  const sample = new Float64Array(runs * run);
  for (let index = 0; index < runs; index++) {
    const start = Math.floor((index * (total - run)) / Math.max(1, runs - 1));
    sample.set(numbersIn(weight, start, run), index * run);
  }
  return { ...named(weight), sampled: sample.length, ...numberStatistics(sample) };
}

function named({ name, shape, dtype }: Weight): Pick<Weight, 'name' | 'shape' | 'dtype'> {
  return { name, shape, dtype };
}

function* chunksOf(weight: Weight): Generator<ArrayLike<number>> {
  const total = sizeOf(weight.shape);
  if (!weight.part || total <= chunk) {
    yield decodeNumbers(weight);
    return;
  }
  for (let start = 0; start < total; start += chunk) yield numbersIn(weight, start, Math.min(chunk, total - start));
}

/** The same of numbers that are at hand. */
export function numberStatistics(numbers: ArrayLike<number>): NumberStatistics {
  return statisticsOfChunks(() => [numbers]);
}

/** The same of numbers that come in pieces, which are asked for twice. */
export function statisticsOfChunks(chunks: () => Iterable<ArrayLike<number>>): NumberStatistics {
  const steps = stepsOf(chunks);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** A turn for each piece, twice. */
function* stepsOf(chunks: () => Iterable<ArrayLike<number>>): Generator<undefined, NumberStatistics> {
  const moments: Moments = { finite: 0, mean: 0, squares: 0, zeros: 0, nan: 0, inf: 0, min: Infinity, max: -Infinity };
  for (const numbers of chunks()) {
    addTo(moments, numbers);
    yield;
  }
  const { finite, mean, squares, min, max, zeros, nan, inf } = moments;
  const broken = { zeros, nan, inf };
  if (finite === 0) return { mean: NaN, std: NaN, norm: NaN, min: NaN, max: NaN, ...broken, histogram: { from: 0, to: 1, counts: new Array<number>(bins).fill(0) } };
  const std = Math.sqrt(squares / finite);
  return { mean, std, norm: Math.sqrt(finite) * Math.hypot(mean, std), min, max, ...broken, histogram: yield* histogramOf(chunks(), min, max) };
}

interface Moments {
  finite: number;
  mean: number;
  /** Sum of squares about the mean. */
  squares: number;
  zeros: number;
  nan: number;
  inf: number;
  min: number;
  max: number;
}

/** numbers whose mean is taken at a time */
const block = 4096;

/** Sums of squares are taken about the mean of a block and put together (Chan, Golub, LeVeque 1979): no cancellation at a large mean. */
function addTo(moments: Moments, numbers: ArrayLike<number>): void {
  for (let start = 0; start < numbers.length; start += block) addBlock(moments, numbers, { start, end: Math.min(numbers.length, start + block) });
}

function addBlock(moments: Moments, numbers: ArrayLike<number>, { start, end }: { readonly start: number; readonly end: number }): void {
  let finite = 0;
  const first = firstFinite(numbers, start, end);
  let sum = 0;
  for (let i = start; i < end; i++) {
    const value = numbers[i];
    if (!Number.isFinite(value)) {
      if (Number.isNaN(value)) moments.nan += 1;
      else moments.inf += 1;
      continue;
    }
    finite += 1;
    sum += value - first;
    if (value === 0) moments.zeros += 1;
    if (value < moments.min) moments.min = value;
    if (value > moments.max) moments.max = value;
  }
  if (finite === 0) return;
  const mean = first + sum / finite;
  let squares = 0;
  for (let i = start; i < end; i++) {
    const apart = numbers[i] - mean;
    if (Number.isFinite(apart)) squares += apart * apart;
  }
  const together = moments.finite + finite;
  const between = mean - moments.mean;
  moments.squares += squares + between * between * ((moments.finite * finite) / together);
  moments.mean += between * (finite / together);
  moments.finite = together;
}

/** Where the numbers lie far from zero, sums about one of them lose less. */
function firstFinite(numbers: ArrayLike<number>, start: number, end: number): number {
  for (let i = start; i < end; i++) if (Number.isFinite(numbers[i])) return numbers[i];
  return 0;
}

/** As NumPy does, one value alone is given a range of 1 around it. */
function* histogramOf(chunks: Iterable<ArrayLike<number>>, min: number, max: number): Generator<undefined, NumberStatistics['histogram']> {
  const [from, to] = min === max ? [min - 0.5, max + 0.5] : [min, max];
  const counts = new Array<number>(bins).fill(0);
  // Halved, so that the range of the largest float64 numbers does not overflow.
  const width = to / 2 - from / 2;
  for (const numbers of chunks) {
    for (let i = 0; i < numbers.length; i++) {
      const value = numbers[i];
      if (!Number.isFinite(value)) continue;
      const bin = Math.floor(((value / 2 - from / 2) / width) * bins);
      counts[Math.min(bins - 1, Math.max(0, bin))] += 1;
    }
    yield;
  }
  return { from, to, counts };
}
