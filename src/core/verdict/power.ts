import erfcinv from '@stdlib/math-base-special-erfcinv';
import { sampleStandardDeviation } from 'simple-statistics';
import { mean } from './summaries';
import { MOST_TUNINGS } from './tune';

/** Chance of a false claim. */
export const ALPHA = 0.05;
/** Quantile of the standard normal distribution: a test that finds a difference four times out of five. */
const Z_80 = 0.8416212335729143;
/** Above it the difference is too small to be worth naming a number. */
const MOST_PAIRS = 100_000;

/** Below it no two-sided claim is possible, were all signs equal: 2 / 2^pairs is more than 5 % over so many claims. Six for one. */
export function fewestPairs(claims: number): number {
  return Math.ceil(1 + Math.log2(Math.max(1, claims) / ALPHA));
}

export interface Claiming {
  /** Configurations that were tried on the test set: the test is that much stricter. */
  readonly claims: number;
  /** Whether an arm is tuned, so that the means of the tunings must show the difference, too. */
  readonly isTuned: boolean;
}

/**
 * Pairs at which a two-sided test at 5 %, corrected for what was tried, finds a difference of the observed mean and spread four
 * times out of five: ((z_a + z_0.8) s / m)^2 + z_a^2 / 2, the second term for the unknown spread (Guenther 1981). Where pairs
 * share tunings, the spread is known from the tunings only, and the term grows with the pairs in each. Null where nothing differs,
 * where fewer than two pairs are there, or where it would be above 100,000.
 */
export function pairsNeeded(differences: readonly number[], { claims, isTuned }: Claiming): number | null {
  if (differences.length < 2) return null;
  const average = Math.abs(mean(differences));
  if (average === 0) return null;
  const z = Math.SQRT2 * erfcinv(ALPHA / Math.max(1, claims));
  const known = ((z + Z_80) * (sampleStandardDeviation([...differences]) / average)) ** 2;
  const unknown = z ** 2 / 2;
  const alone = known + unknown;
  const needed = Math.ceil(isTuned && alone > MOST_TUNINGS && MOST_TUNINGS > unknown ? (known * MOST_TUNINGS) / (MOST_TUNINGS - unknown) : alone);
  return needed > MOST_PAIRS ? null : Math.max(fewestPairs(claims), needed);
}
