import { quantileSorted } from 'simple-statistics';
import type { RandomStream } from '../training/random';
import { lowerTail, studentLimit } from './quantiles';

/** Lower and upper end. */
export type Interval = readonly [low: number, high: number];

/** Of numbers in ascending order. They are overwritten by the next resample: they must not be kept. */
export type SortedStatistic = (sorted: Float64Array) => number;

/** Numbers that are drawn together: one pair's, or those of all pairs that share a tuning. */
type Unit = readonly number[];

export const RESAMPLES = 10_000;
const COVERAGE = 0.95;

interface Drawing {
  readonly random: RandomStream;
  readonly resamples: number;
}

/**
 * 95 % intervals of several statistics by one stratified bootstrap of percentiles (Efron 1979; stratified as in Agarwal et al. 2021):
 * resamples with replacement. Units of one stratum are resampled among themselves. The percentiles lie as much further
 * out as Student's t and the divisor n - 1 ask for (the expanded percentile interval, Hesterberg 2015): plain ones of six numbers
 * cover 86 % instead of 95 %.
 */
export function bootstrapIntervals(strata: readonly (readonly Unit[])[], statistics: readonly SortedStatistic[], { random, resamples }: Drawing): Interval[] {
  const all = Float64Array.from(strata.flat(2)).sort();
  const ranks = ranksIn(all);
  const resampling: Resampling = { all, strata: strata.map((units) => units.map((unit) => unit.map(ranks))), drawn: new Uint32Array(all.length) };
  const found = statistics.map(() => new Float64Array(resamples));
  for (let round = 0; round < resamples; round++) {
    const sample = resample(resampling, random);
    statistics.forEach((statistic, index) => (found[index][round] = statistic(sample)));
  }
  const tail = expandedTail(strata.reduce((sum, { length }) => sum + length, 0), strata.length);
  return found.map((values) => percentiles(values, tail));
}

/** Gives each number its place among all; equal ones get places that follow each other. */
function ranksIn(all: Float64Array): (number: number) => number {
  const taken = new Map<number, number>();
  return (number) => {
    const rank = taken.get(number) ?? all.indexOf(number);
    taken.set(number, rank + 1);
    return rank;
  };
}

interface Resampling {
  /** ascending */
  readonly all: Float64Array;
  /** By stratum and unit. */
  readonly strata: readonly (readonly (readonly number[])[])[];
  /** How often each number was drawn. */
  readonly drawn: Uint32Array;
}

/** By how often each number was drawn the resample is sorted without being sorted. */
function resample({ all, strata, drawn }: Resampling, random: RandomStream): Float64Array {
  drawn.fill(0);
  let size = 0;
  for (const units of strata) {
    for (let draw = 0; draw < units.length; draw++) {
      const unit = units[Math.floor(random.uniform() * units.length)];
      for (const rank of unit) drawn[rank]++;
      size += unit.length;
    }
  }
  const sample = new Float64Array(size);
  let next = 0;
  for (let rank = 0; rank < all.length; rank++) {
    for (let times = drawn[rank]; times > 0; times--) sample[next++] = all[rank];
  }
  return sample;
}

/** Share of the resamples that is left out at each end: Student's limit in the spreads that resamples of so few units have. */
function expandedTail(units: number, strata: number): number {
  const degrees = units - strata;
  return degrees < 1 ? 0 : lowerTail(studentLimit(COVERAGE, degrees) * Math.sqrt(units / degrees));
}

function percentiles(values: Float64Array, tail: number): Interval {
  const sorted = Array.from(values.sort());
  return [quantileSorted(sorted, tail), quantileSorted(sorted, 1 - tail)];
}

/**
 * 95 % interval of a probability that was seen as this share of so many trials (Wilson 1927): for shares that resampling cannot move,
 * since all pairs say the same.
 */
export function wilsonInterval(share: number, trials: number): Interval {
  const squared = 1.959963984540054 ** 2 / trials;
  const middle = (share + squared / 2) / (1 + squared);
  const half = Math.sqrt(squared * (share * (1 - share) + squared / 4)) / (1 + squared);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
