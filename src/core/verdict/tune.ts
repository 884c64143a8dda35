import type { Seeds } from '../plan/seeds';
import type { Arm } from './arms';
import { firstRate, rateFactors } from './learningRates';
import { chooseMeasure, errorOf } from './metric';
import type { ArmRunner, Classes } from './runArm';
import { mean } from './summaries';

/** A configuration of an arm that was tried on validation data. */
export interface Tried {
  readonly settings: { readonly learningRates: readonly number[] };
  /** Mean over the tunings; null where a training diverged. */
  readonly validationError: number | null;
  /** In how many tunings it was chosen. */
  readonly chosenIn: number;
}

/** One choice of an arm's learning rates; the pairs of its number are run with them. */
export interface Tuning {
  readonly name: string;
  /** from 0 */
  readonly tuning: number;
  /** In the order of the factors that rates are multiplied by; null where the training diverged. */
  readonly errors: readonly (number | null)[];
  readonly factor: number;
}

/**
 * An arm is tuned so often or more, each time by a run of each configuration with seeds of its own, and pairs take turns with what was
 * chosen. With one choice for all pairs its luck would be in every difference, and no number of pairs would average it out: two
 * arms that are the same, tuned alike, would differ "significantly" in up to a quarter of all verdicts (measured by
 * scripts/simulateVerdicts.ts; the variance of a choice of hyperparameters: Bouthillier et al. 2021).
 */
export const LEAST_TUNINGS = 10;
/** Pairs that share a tuning. */
const PAIRS_EACH = 3;
/** Seeds that no pair uses. */
const TUNING_SEEDS = 1_000_000;

/**
 * Which tuning, from 0, a pair, counted from 1, is run with: ten of them serve thirty pairs in turn, the next ten the next thirty.
 * Where classes vary there are so many that a pair and its tuning always have the same classes: a baseline whose rate was chosen
 * for other classes would not be tuned.
 */
export function tuningOf(pair: number, classes: number): number {
  const turn = turnOf(classes);
  return turn * Math.floor((pair - 1) / (PAIRS_EACH * turn)) + ((pair - 1) % turn);
}

/** How many tunings the first so many pairs have. */
export function tuningsIn(pairs: number, classes: number): number {
  const turn = turnOf(classes);
  const whole = Math.floor(pairs / (PAIRS_EACH * turn));
  return turn * whole + Math.min(turn, pairs - PAIRS_EACH * turn * whole);
}

/** The least multiple of the number of classes that is ten or more. */
function turnOf(classes: number): number {
  const each = Math.max(1, classes);
  return each * Math.ceil(LEAST_TUNINGS / each);
}

export interface TuningTask {
  readonly arm: Arm;
  readonly tuning: number;
  readonly seeds: Seeds;
  readonly classes: Classes | null;
}

/** The validation error of one configuration, and the seconds that it took. Never looks at the test set. */
export async function tryFactor(runner: ArmRunner, { arm, tuning, seeds, classes }: TuningTask, factor: number): Promise<{ error: number | null; seconds: number }> {
  const { figures, seconds } = await runner.run({ arm: arm.name, factor, seeds: shiftSeeds(seeds, TUNING_SEEDS + tuning), classes, judgedOn: 'validation' });
  const error = figures ? errorOf(figures, chooseMeasure(figures)) : Infinity;
  return { error: Number.isFinite(error) ? error : null, seconds };
}

/** The factor of the least error, the plan's own where several are equal. */
export function chooseFactor(errors: readonly (number | null)[]): number {
  const rank = (index: number): number => (errors[index] ?? Infinity) + (rateFactors[index] === 1 ? 0 : Number.EPSILON);
  return rateFactors[rateFactors.reduce((best, _, index) => (rank(index) < rank(best) ? index : best), rateFactors.indexOf(1))];
}

/** What came of all tunings of an arm together. */
export interface TunedArm {
  readonly tried: readonly Tried[];
  /** Of the least mean error. */
  readonly chosen: Tried['settings'];
  readonly factor: number;
}

export function summarizeTunings(arm: Arm, tunings: readonly Tuning[]): TunedArm {
  if (tunings.length === 0) return { tried: [], chosen: settingsOf(arm, 1), factor: 1 };
  const errors = rateFactors.map((_, index) => finiteMean(tunings.map((tuning) => tuning.errors[index])));
  const factor = chooseFactor(errors);
  const tried = rateFactors.map((each, index) => ({
    settings: settingsOf(arm, each), validationError: errors[index], chosenIn: tunings.filter((tuning) => tuning.factor === each).length,
  }));
  return { tried, chosen: settingsOf(arm, factor), factor };
}

/** Null where a run diverged. */
function finiteMean(errors: readonly (number | null)[]): number | null {
  const finite = errors.filter((error) => error !== null);
  return finite.length === errors.length ? mean(finite) : null;
}

/** The arm with the learning rates that it has under this factor. */
export function settingsOf(arm: Arm, factor: number): Tried['settings'] {
  return { learningRates: arm.phases(factor).map(firstRate) };
}

/** The seeds of another run of the same plan. */
export function shiftSeeds({ initialization, order, sample }: Seeds, by: number): Seeds {
  return { initialization: initialization + by, order: order + by, sample: sample + by };
}
