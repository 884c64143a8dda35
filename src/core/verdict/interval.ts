import { quantileSorted } from 'simple-statistics';
import type { RandomStream } from '../training/random';

/** Lower and upper end. */
export type Interval = readonly [low: number, high: number];

/** The sample is used again for the next resample: it must not be kept. */
export type Statistic = (sample: Float64Array) => number;

const RESAMPLES = 10_000;
const COVERAGE = 0.95;

/**
 * 95 % percentile intervals of several statistics by one stratified bootstrap (Efron 1979; stratified as in Agarwal et al.
 * 2021): 10,000 resamples with replacement. Numbers of one group are resampled among themselves.
 */
export function bootstrapIntervals(groups: readonly (readonly number[])[], statistics: readonly Statistic[], random: RandomStream): Interval[] {
  const sample = new Float64Array(groups.reduce((count, group) => count + group.length, 0));
  const found = statistics.map(() => new Float64Array(RESAMPLES));
  for (let round = 0; round < RESAMPLES; round++) {
    resample(groups, sample, random);
    statistics.forEach((statistic, index) => (found[index][round] = statistic(sample)));
  }
  return found.map(percentiles);
}

function resample(groups: readonly (readonly number[])[], sample: Float64Array, random: RandomStream): void {
  let next = 0;
  for (const group of groups) {
    for (let drawn = 0; drawn < group.length; drawn++) sample[next++] = group[Math.floor(random.uniform() * group.length)];
  }
}

function percentiles(values: Float64Array): Interval {
  const sorted = Array.from(values.sort());
  const tail = (1 - COVERAGE) / 2;
  return [quantileSorted(sorted, tail), quantileSorted(sorted, 1 - tail)];
}
