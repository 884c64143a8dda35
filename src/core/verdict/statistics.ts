import { RandomStream } from '../training/random';
import { bootstrapIntervals } from './interval';
import { pairsNeeded } from './power';
import { signFlipP } from './signFlip';
import { interquartileMean, mean, probabilityBetter, sortedInterquartileMean } from './summaries';
import { MOST_TUNINGS, tuningOf } from './tune';
import type { Pair, Statistics } from './verdict';

export interface Judging {
  readonly pairs: readonly Pair[];
  /** Configurations that were tried on this test set, the ones of these pairs among them. */
  readonly configurationsTried: number;
  /** Whether learning rates of an arm that is compared were chosen, see `MOST_TUNINGS`. */
  readonly isTuned: boolean;
  /** Samples of the test set. */
  readonly testSamples: number;
  /** Whether errors are shares of samples. */
  readonly errorsAreRates: boolean;
  readonly seed: number;
}

/** The statistics of the paired differences. At least one pair. */
export function judge({ pairs, configurationsTried, isTuned, testSamples, errorsAreRates, seed }: Judging): Statistics {
  const differences = pairs.map(({ difference }) => difference);
  const random = new RandomStream(seed, 'verdict/bootstrap');
  const [meanInterval, iqmInterval, probabilityBetterInterval] = bootstrapIntervals(byClasses(pairs), [mean, sortedInterquartileMean, probabilityBetter], random);
  const p = signFlipP(differences, seed);
  return {
    pairs: pairs.length,
    mean: mean(differences),
    meanInterval,
    iqm: interquartileMean(differences),
    iqmInterval,
    p,
    correctedP: Math.min(1, p * Math.max(1, configurationsTried)),
    tunings: isTuned ? tuningMeans(pairs).length : null,
    pOverTunings: isTuned && pairs.length > MOST_TUNINGS ? signFlipP(tuningMeans(pairs), seed) : null,
    probabilityBetter: probabilityBetter(differences),
    probabilityBetterInterval,
    pairsNeeded: pairsNeeded(differences, { claims: configurationsTried, isTuned }),
    testError: errorsAreRates ? binomialError(pairs, testSamples) : null,
  };
}

/** Mean difference of the pairs of each tuning: pairs that share a choice of learning rates share its luck. */
function tuningMeans(pairs: readonly Pair[]): number[] {
  const groups = new Map<number, number[]>();
  for (const { pair, difference } of pairs) groups.set(tuningOf(pair), [...(groups.get(tuningOf(pair)) ?? []), difference]);
  return [...groups.values()].map(mean);
}

/**
 * Pairs of the same classes are resampled among themselves: how many there are of each was chosen, not drawn. Where some classes
 * have a single pair that would leave no spread at all, so the classes then count as drawn and all pairs are resampled together.
 */
function byClasses(pairs: readonly Pair[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const { classes, difference } of pairs) {
    const key = JSON.stringify(classes);
    groups.set(key, [...(groups.get(key) ?? []), difference]);
  }
  const strata = [...groups.values()];
  return strata.every(({ length }) => length > 1) ? strata : [strata.flat()];
}

/** sqrt(e (1 - e) / n) at the mean error of both arms. */
function binomialError(pairs: readonly Pair[], samples: number): number {
  const error = mean(pairs.flatMap(({ transfer, scratch }) => [transfer.error, scratch.error]));
  return Math.sqrt((error * (1 - error)) / samples);
}
