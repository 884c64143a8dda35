import { sampleStandardDeviation } from 'simple-statistics';
import { lowerTail, upperQuantile } from './quantiles';
import { mean } from './summaries';
import { tuningsIn } from './tune';

/** Quantile of the standard normal distribution: a test that finds a difference four times out of five. */
const Z_80 = 0.8416212335729143;
const POWER = 0.8;
/** Where the means of the tunings must show the difference beside the pairs: that both do has the power that is promised. */
const POWER_TOGETHER = 0.84;
const Z_TOGETHER = upperQuantile(1 - POWER_TOGETHER);
/** Above it the difference is too small to be worth naming a number. */
const MOST_PAIRS = 100_000;
/** Above it the levels that a sign-flip test can have lie close together. */
const FEW = 30;

/** What a claim must overcome. */
export interface Claiming {
  /** Of the look: p, corrected, must not be above it. */
  readonly level: number;
  /** Configurations that were tried on the test set: the test is that much stricter. */
  readonly claims: number;
  /** How many classes the pairs take turns with, where an arm is tuned: the means of the tunings must show the difference, too. Null where none is. */
  readonly tunedOver: number | null;
}

/** Pairs below which no claim is possible, were all signs equal: 2 / 2^pairs, or 2 / 2^tunings, is above the level. */
export function fewestPairs({ level, claims, tunedOver }: Claiming): number {
  const units = Math.ceil(1 + Math.log2(Math.max(1, claims) / level));
  let pairs = units;
  while (tunedOver !== null && tuningsIn(pairs, tunedOver) < units) pairs++;
  return pairs;
}

/**
 * Pairs at which a two-sided test at the level, corrected for what was tried, finds a difference of the observed mean and spread four
 * times out of five. Null where nothing differs, where fewer than two pairs are there, and where it would be above 100,000.
 */
export function pairsNeeded(differences: readonly number[], { level: whole, claims, tunedOver }: Claiming): number | null {
  if (differences.length < 2) return null;
  const average = Math.abs(mean(differences));
  if (average === 0) return null;
  const squared = (sampleStandardDeviation([...differences]) / average) ** 2;
  const level = whole / Math.max(1, claims);
  for (let pairs = 2, tunings = tunedOver; pairs <= MOST_PAIRS; pairs++) {
    if (!isEnoughAlone(pairs, level, squared)) continue;
    tunings = tunedOver === null ? pairs : tuningsIn(pairs, tunedOver);
    if (tunings === pairs || isEnoughInTunings({ pairs, tunings }, level, squared)) return pairs;
  }
  return null;
}

/** By the normal distribution, and by the levels that so few assignments of signs allow. */
function isEnoughAlone(pairs: number, level: number, squared: number): boolean {
  if (pairs >= FEW) return pairs >= unitsFor(level, squared);
  const extreme = extremeOf(pairs, level);
  const isEnough = extreme > 0 && pairs >= unitsFor(extreme / 2 ** (pairs - 1), squared);
  return isEnough && (extreme > 1 || pairs * Math.log(1 - lowerTail(1 / Math.sqrt(squared))) >= Math.log(POWER));
}

/** How many of the pairs of opposite assignments of signs may be as extreme as what was seen. */
function extremeOf(units: number, level: number): number {
  return Math.floor(level * 2 ** (units - 1));
}

/** ((z_a + z_0.8) s / m)^2 + z_a^2 / 2, the second term for the unknown spread (Guenther 1981). */
function unitsFor(level: number, squared: number): number {
  const z = upperQuantile(level / 2);
  return (z + Z_80) ** 2 * squared + z ** 2 / 2;
}

/**
 * So many pairs that the sums of their tunings are enough such units. Of few assignments of signs only some may be as extreme as
 * what was seen: with few of them the level is lower than asked for, and nearly all means must have one sign.
 */
function isEnoughInTunings({ pairs, tunings }: { readonly pairs: number; readonly tunings: number }, level: number, squared: number): boolean {
  const extreme = tunings < FEW ? extremeOf(tunings, level) : Infinity;
  if (extreme === 0) return false;
  const z = upperQuantile((tunings < FEW ? extreme / 2 ** (tunings - 1) : level) / 2);
  const byLevel = ((z + Z_TOGETHER) ** 2 * tunings) / Math.max(1, tunings - z ** 2 / 2);
  // Of each sum, in its own spreads: all are on one side so often.
  const byOneSide = tunings * upperQuantile(1 - POWER_TOGETHER ** (1 / tunings)) ** 2;
  return pairs >= squared * (extreme < 4 ? byOneSide : Math.min(byLevel, byOneSide));
}
