import { sampleStandardDeviation } from 'simple-statistics';
import { mean } from './summaries';

/** Quantiles of the standard normal distribution: a two-sided test at 5 % that finds a difference four times out of five. */
const Z_975 = 1.959963984540054;
const Z_80 = 0.8416212335729143;
/** Below it no two-sided claim at 5 % is possible: 2 / 2^5 is more. */
export const FEWEST_PAIRS = 6;
/** Above it the difference is too small to be worth naming a number. */
const MOST_PAIRS = 100_000;

/**
 * Pairs at which a two-sided test at 5 % finds a difference of the observed mean and spread four times out of five:
 * ((z_0.975 + z_0.8) s / m)^2 + z_0.975^2 / 2, the second term for the unknown spread (Guenther 1981). Null where nothing
 * differs, where fewer than two pairs are there, or where it would be above 100,000.
 */
export function pairsNeeded(differences: readonly number[]): number | null {
  if (differences.length < 2) return null;
  const average = Math.abs(mean(differences));
  if (average === 0) return null;
  const ratio = sampleStandardDeviation([...differences]) / average;
  const needed = Math.ceil(((Z_975 + Z_80) * ratio) ** 2 + Z_975 ** 2 / 2);
  return needed > MOST_PAIRS ? null : Math.max(FEWEST_PAIRS, needed);
}
