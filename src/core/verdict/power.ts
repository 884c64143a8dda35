import erf from '@stdlib/math-base-special-erf';
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
 * times out of five. Null where nothing differs, where fewer than two pairs are there, where it would be above 100,000, and where
 * so much was tried that the tunings can never decide.
 */
export function pairsNeeded(differences: readonly number[], { claims, isTuned }: Claiming): number | null {
  if (differences.length < 2) return null;
  const average = Math.abs(mean(differences));
  if (average === 0) return null;
  const squared = (sampleStandardDeviation([...differences]) / average) ** 2;
  const level = ALPHA / Math.max(1, claims);
  const alone = pairsAlone(level, squared);
  const needed = isTuned && alone > MOST_TUNINGS ? Math.max(alone, pairsOverTunings(level, squared)) : alone;
  return needed > MOST_PAIRS ? null : needed;
}

/** Above it the levels that a sign-flip test can have lie close together. */
const FEW = 30;

/** By the normal distribution, and by the levels that so few assignments of signs allow. */
function pairsAlone(level: number, squared: number): number {
  for (let pairs = 2; pairs < FEW; pairs++) {
    const extreme = Math.floor(level * 2 ** (pairs - 1));
    const isEnough = extreme > 0 && pairs >= unitsFor(extreme / 2 ** (pairs - 1), squared);
    if (isEnough && (extreme > 1 || pairs * Math.log(1 - lowerTail(1 / Math.sqrt(squared))) >= Math.log(0.8))) return pairs;
  }
  return Math.ceil(Math.max(FEW, unitsFor(level, squared)));
}

/** ((z_a + z_0.8) s / m)^2 + z_a^2 / 2, the second term for the unknown spread (Guenther 1981). */
function unitsFor(level: number, squared: number): number {
  const z = upperQuantile(level / 2);
  return (z + Z_80) ** 2 * squared + z ** 2 / 2;
}

/** Chance that a normal number lies so many spreads or more below its mean. */
function lowerTail(spreads: number): number {
  return (1 - erf(spreads / Math.SQRT2)) / 2;
}

/**
 * So many pairs that the means of ten tunings, a whole number of pairs in each, are ten such units. Of the 2^9 pairs of opposite
 * assignments of ten signs only some may be as extreme as what was seen: with few of them the level is lower than asked for, and
 * nearly all means must have one sign.
 */
function pairsOverTunings(level: number, squared: number): number {
  const assignments = 2 ** (MOST_TUNINGS - 1);
  const extreme = Math.floor(level * assignments);
  if (extreme === 0) return Infinity;
  const z = upperQuantile(extreme / assignments / 2);
  const byLevel = ((z + Z_80) ** 2 * MOST_TUNINGS) / Math.max(1, MOST_TUNINGS - z ** 2 / 2);
  // Of each mean, in its own spreads: all ten are on one side four times out of five.
  const byOneSide = MOST_TUNINGS * upperQuantile(1 - 0.8 ** (1 / MOST_TUNINGS)) ** 2;
  const inEach = (squared * (extreme < 4 ? byOneSide : Math.min(byLevel, byOneSide))) / MOST_TUNINGS;
  return MOST_TUNINGS * Math.ceil(inEach);
}

/** Of the standard normal distribution: what it exceeds with this probability. */
function upperQuantile(probability: number): number {
  return Math.SQRT2 * erfcinv(2 * probability);
}
