import { fewestPairs } from './power';
import { decisiveP } from './statistics';
import { signFlipP } from './signFlip';
import { levelOf } from './spending';
import { mean } from './summaries';
import type { Pair, Statistics, VerdictWord } from './verdict';

/** An arm that wins fewer than three pairs out of four is not meaningfully better (Bouthillier et al. 2021). */
const MEANINGFUL = 0.75;
/** Saving less than a fifth of the time is not worth a word. */
const WORTHWHILE_TIME = 0.8;

export interface Evidence {
  readonly pairs: readonly Pair[];
  readonly statistics: Statistics;
  /** Samples of the test set. */
  readonly testSamples: number;
  readonly seed: number;
  readonly configurationsTried: number;
}

/** Under so many pairs nothing can be said, whatever was tried and tuned. */
export const FEWEST = fewestPairs({ level: levelOf(1), claims: 1, tunedOver: null });

/**
 * The verdict of six: a difference counts where p of the mean difference, over the pairs and over the tunings, corrected for what
 * was tried, is at most the level of the look. A gain is negligible
 * where it is less than one sample of the test set, or where the interval of the probability that transfer is better stays
 * below 0.75.
 */
export function decide(evidence: Evidence): VerdictWord {
  const { pairs, statistics, configurationsTried } = evidence;
  if (pairs.length < FEWEST) return 'not-enough-runs';
  if (decisiveP(statistics, configurationsTried) > statistics.level) return isFaster(evidence) ? 'faster-not-better' : 'no-difference-shown';
  if (statistics.mean > 0) return 'hurts';
  return isNegligible(evidence) ? 'helps-negligibly' : 'helps';
}

function isNegligible({ statistics, testSamples }: Evidence): boolean {
  const { testError, mean: gain, probabilityBetterInterval } = statistics;
  const lessThanOneSample = testError !== null && -gain < 1 / testSamples;
  return lessThanOneSample || probabilityBetterInterval[1] < MEANINGFUL;
}

/** By the same test, on seconds. */
function isFaster({ pairs, seed, statistics: { level } }: Evidence): boolean {
  const ours = mean(pairs.map(({ transfer }) => transfer.seconds));
  const theirs = mean(pairs.map(({ scratch }) => scratch.seconds));
  const differences = pairs.map(({ transfer, scratch }) => transfer.seconds - scratch.seconds);
  return ours < WORTHWHILE_TIME * theirs && signFlipP(differences, seed) <= level;
}
