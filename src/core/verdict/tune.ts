import type { Seeds } from '../plan/seeds';
import type { Arm } from './arms';
import { concurrently } from './concurrently';
import { firstRate, rateFactors } from './learningRates';
import { chooseMeasure, errorOf } from './metric';
import type { ArmRunner, Classes } from './runArm';
import { mean } from './summaries';

/** A configuration of an arm that was tried on validation data. */
export interface Tried {
  readonly settings: { readonly learningRates: readonly number[] };
  /** Mean over the tuning seeds; null where the training diverged. */
  readonly validationError: number | null;
}

export interface TunedArm {
  readonly name: string;
  readonly tried: readonly Tried[];
  readonly chosen: Tried['settings'];
}

export interface Tuning {
  readonly arm: Arm;
  readonly seeds: Seeds;
  readonly classes: readonly (Classes | null)[];
  /** Called after each run. */
  readonly progress: (seconds: number) => void;
}

/** Runs for each configuration, by seeds that no pair uses. */
export const TUNING_RUNS = 3;
const TUNING_SEEDS = 1_000_000;

/** Chooses the learning rates of an arm by validation error, the plan's own where several are equal. Never looks at the test set. */
export async function tuneArm(runner: ArmRunner, { arm, seeds, classes, progress }: Tuning): Promise<TunedArm & { readonly factor: number }> {
  const errors = rateFactors.map((): number[] => []);
  const tasks = rateFactors.flatMap((factor, index) => Array.from({ length: TUNING_RUNS }, (_, run) => ({ factor, index, run })));
  await concurrently(tasks, runner.lanes, async ({ factor, index, run }) => {
    const shifted = shiftSeeds(seeds, TUNING_SEEDS + run);
    const { figures, seconds } = await runner.run({ arm: arm.name, factor, seeds: shifted, classes: classes[run % classes.length], judgedOn: 'validation' });
    errors[index][run] = figures ? errorOf(figures, chooseMeasure(figures)) : Infinity;
    progress(seconds);
  });
  const tried = rateFactors.map((factor, index) => ({ factor, settings: settingsOf(arm, factor), validationError: finiteMean(errors[index]) }));
  const rank = ({ factor, validationError }: (typeof tried)[number]): number => (validationError ?? Infinity) + (factor === 1 ? 0 : Number.EPSILON);
  const best = tried.reduce((chosen, candidate) => (rank(candidate) < rank(chosen) ? candidate : chosen));
  return {
    name: arm.name,
    tried: tried.map(({ settings, validationError }) => ({ settings, validationError })),
    chosen: best.settings,
    factor: best.factor,
  };
}

/** Null where a run diverged. */
function finiteMean(errors: readonly number[]): number | null {
  const error = mean(errors);
  return Number.isFinite(error) ? error : null;
}

/** The arm with the learning rates that it has under this factor. */
export function settingsOf(arm: Arm, factor: number): Tried['settings'] {
  return { learningRates: arm.phases(factor).map(firstRate) };
}

/** The seeds of another run of the same plan. */
export function shiftSeeds({ initialization, order, sample }: Seeds, by: number): Seeds {
  return { initialization: initialization + by, order: order + by, sample: sample + by };
}
