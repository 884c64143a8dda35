import { RandomStream } from '../training/random';
import { bootstrapIntervals, RESAMPLES, wilsonInterval, type Interval } from './interval';
import { pairsNeeded } from './power';
import { signFlipP } from './signFlip';
import { levelOf } from './spending';
import { interquartileMean, mean, probabilityBetter, sortedInterquartileMean } from './summaries';
import { tuningOf } from './tune';
import type { Pair, Statistics } from './verdict';

export interface Judging {
  readonly pairs: readonly Pair[];
  /** Configurations that were tried on this test set, the ones of these pairs among them. */
  readonly configurationsTried: number;
  /** Which look at this comparison it is, from 1: see `levelOf`. */
  readonly look: number;
  /** How many classes the pairs take turns with, where learning rates of an arm that is compared were chosen; null where none were. */
  readonly tunedOver: number | null;
  /** Samples of the test set. */
  readonly testSamples: number;
  /** Whether errors are shares of samples. */
  readonly errorsAreRates: boolean;
  readonly seed: number;
  /** For the intervals; 10,000 where left out. */
  readonly resamples?: number;
}

/** The statistics of the paired differences. At least one pair. */
export function judge(judging: Judging): Statistics {
  const { pairs, configurationsTried, look, tunedOver, testSamples, errorsAreRates, seed, resamples = RESAMPLES } = judging;
  const differences = pairs.map(({ difference }) => difference);
  const random = new RandomStream(seed, 'verdict/bootstrap');
  const alone = stratify(pairs.map(({ classes, difference }) => ({ classes, differences: [difference] })));
  const [meanInterval, iqmInterval, drawnInterval] = bootstrapIntervals(alone, [mean, sortedInterquartileMean, probabilityBetter], { random, resamples });
  const p = signFlipP(differences, seed);
  const correctedP = Math.min(1, p * Math.max(1, configurationsTried));
  const tunings = overTunings(judging);
  // Who asks for more pairs looks again; what is claimed already needed no other look.
  const isClaimed = decisiveP({ correctedP, ...tunings }, configurationsTried) <= levelOf(look);
  return {
    pairs: pairs.length,
    mean: mean(differences),
    meanInterval,
    iqm: interquartileMean(differences),
    iqmInterval,
    p,
    correctedP,
    look,
    level: levelOf(look),
    ...tunings,
    probabilityBetter: probabilityBetter(differences),
    probabilityBetterInterval: drawnInterval[0] < drawnInterval[1] ? drawnInterval : wilsonInterval(probabilityBetter(differences), pairs.length),
    pairsNeeded: pairsNeeded(differences, { level: levelOf(isClaimed ? look : look + 1), claims: configurationsTried, tunedOver }),
    testError: errorsAreRates ? binomialError(pairs, testSamples) : null,
  };
}

/** Both tests must find the difference: where one choice of rates serves several pairs, these are no independent evidence. */
export function decisiveP({ correctedP, pOverTunings }: Pick<Statistics, 'correctedP' | 'pOverTunings'>, configurationsTried: number): number {
  return Math.max(correctedP, (pOverTunings ?? 0) * Math.max(1, configurationsTried));
}

/** What the pairs that share a choice of learning rates say together: they share its luck. */
function overTunings({ pairs, tunedOver, seed, resamples = RESAMPLES }: Judging): Pick<Statistics, 'tunings' | 'pOverTunings' | 'meanIntervalOverTunings'> {
  if (tunedOver === null) return { tunings: null, pOverTunings: null, meanIntervalOverTunings: null };
  const tunings = groupBy(pairs, ({ pair }) => tuningOf(pair, tunedOver)).map((shared) => ({ classes: shared[0].classes, differences: shared.map(({ difference }) => difference) }));
  if (tunings.length === pairs.length) return { tunings: tunings.length, pOverTunings: null, meanIntervalOverTunings: null };
  const [meanIntervalOverTunings]: Interval[] = bootstrapIntervals(stratify(tunings), [mean], { random: new RandomStream(seed, 'verdict/bootstrap over tunings'), resamples });
  return { tunings: tunings.length, pOverTunings: signFlipP(tunings.map(({ differences }) => differences.length * mean(differences)), seed), meanIntervalOverTunings };
}

/**
 * What has the same classes is resampled among itself: how many there are of each was chosen, not drawn. Where some classes
 * have a single one that would leave no spread at all, so the classes then count as drawn and all are resampled together.
 */
function stratify(units: readonly { readonly classes: Pair['classes']; readonly differences: readonly number[] }[]): (readonly number[])[][] {
  const strata = groupBy(units, ({ classes }) => JSON.stringify(classes)).map((group) => group.map(({ differences }) => differences));
  return strata.every(({ length }) => length > 1) ? strata : [strata.flat()];
}

/** In the order in which keys come first. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => unknown): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()];
}

/** sqrt(e (1 - e) / n) at the mean error of both arms. */
function binomialError(pairs: readonly Pair[], samples: number): number {
  const error = mean(pairs.flatMap(({ transfer, scratch }) => [transfer.error, scratch.error]));
  return Math.sqrt((error * (1 - error)) / samples);
}
