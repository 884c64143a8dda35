import { quantileSorted } from 'simple-statistics';
import type { RandomStream } from '../training/random';

/** Lower and upper end. */
export type Interval = readonly [low: number, high: number];

/** Of numbers in ascending order. They are overwritten by the next resample: they must not be kept. */
export type SortedStatistic = (sorted: Float64Array) => number;

const RESAMPLES = 10_000;
const COVERAGE = 0.95;

/**
 * 95 % percentile intervals of several statistics by one stratified bootstrap (Efron 1979; stratified as in Agarwal et al.
 * 2021): 10,000 resamples with replacement. Numbers of one group are resampled among themselves.
 */
export function bootstrapIntervals(groups: readonly (readonly number[])[], statistics: readonly SortedStatistic[], random: RandomStream): Interval[] {
  const all = Float64Array.from(groups.flat()).sort();
  const resampling: Resampling = { all, ranks: groups.map((group) => ranksIn(all, group)), drawn: new Uint32Array(all.length), sample: new Float64Array(all.length) };
  const found = statistics.map(() => new Float64Array(RESAMPLES));
  for (let round = 0; round < RESAMPLES; round++) {
    resample(resampling, random);
    statistics.forEach((statistic, index) => (found[index][round] = statistic(resampling.sample)));
  }
  return found.map(percentiles);
}

/** Where the numbers of a group stand among all; which of equal ones does not matter. */
function ranksIn(all: Float64Array, group: readonly number[]): Uint32Array {
  return Uint32Array.from(group, (number) => all.indexOf(number));
}

interface Resampling {
  /** ascending */
  readonly all: Float64Array;
  /** By group. */
  readonly ranks: readonly Uint32Array[];
  /** How often each number was drawn. */
  readonly drawn: Uint32Array;
  /** Takes the resample, ascending. */
  readonly sample: Float64Array;
}

/** By how often each number was drawn the resample is sorted without being sorted. */
function resample({ all, ranks, drawn, sample }: Resampling, random: RandomStream): void {
  drawn.fill(0);
  for (const group of ranks) {
    const size = group.length;
    for (let draw = 0; draw < size; draw++) drawn[group[Math.floor(random.uniform() * size)]]++;
  }
  let next = 0;
  for (let rank = 0; rank < all.length; rank++) {
    for (let times = drawn[rank]; times > 0; times--) sample[next++] = all[rank];
  }
}

function percentiles(values: Float64Array): Interval {
  const sorted = Array.from(values.sort());
  const tail = (1 - COVERAGE) / 2;
  return [quantileSorted(sorted, tail), quantileSorted(sorted, 1 - tail)];
}
