import type { DataSet, DataSets } from '../data/dataSet';
import { isEffectivelyTrainable, type Model, walkLayers } from '../model/model';
import type { PhasePlan, Plan } from '../plan/plan';
import { applyFreeze } from '../surgery/flags';
import { resolveSelection } from '../surgery/selection';
import { type Optimizer, resolveOptimizer } from '../training/optimizers/registry';
import { buildStepProgram } from '../training/step';
import { feedSet } from './batches';
import { checkTargets } from './checkTargets';
import { weighClasses } from './classWeights';

/** A phase of a plan, resolved against a model. */
export interface Phase {
  /** From 1, as the plan counts. */
  readonly number: number;
  readonly name: string;
  readonly plan: PhasePlan;
  readonly optimizer: Optimizer;
  /** The training set with the phase's class weights in it. */
  readonly train: DataSet;
  readonly validation: DataSet | undefined;
}

/** The model with this phase's freeze flags. Throws `layer-unknown`, `operation-refused`. */
export function flagModel(model: Model, { freeze }: PhasePlan): Model {
  return freeze === 'as set' ? model : applyFreeze(model, resolveSelection(model, freeze));
}

/**
 * Resolves the phases that are to run and writes each one's step program once, so that whatever is wrong in plan, model or data
 * is known before anything runs. Throws what `buildStepProgram`, `checkTargets` and `resolveOptimizer` throw.
 */
export function preparePhases(model: Model, plan: Pick<Plan, 'compile' | 'phases'>, { numbers, data }: PhaseChoice): Phase[] {
  let flagged = model;
  return numbers.map((number) => {
    const phase = resolvePhase(plan.phases[number - 1], number, data);
    flagged = flagModel(flagged, phase.plan);
    checkSet(flagged, plan.compile, phase, phase.train);
    if (phase.validation) checkSet(flagged, plan.compile, phase, phase.validation);
    return phase;
  });
}

/** Which phases, from 1, and on what. */
export interface PhaseChoice {
  readonly numbers: readonly number[];
  readonly data: DataSets;
}

function resolvePhase(plan: PhasePlan, number: number, { train, validation }: DataSets): Phase {
  return {
    number,
    name: plan.name ?? `phase ${number}`,
    plan,
    optimizer: resolveOptimizer(plan.optimizer, `phases[${number - 1}].optimizer`),
    train: weighClasses(train, plan.classWeights),
    validation,
  };
}

function checkSet(model: Model, objective: Plan['compile'], { optimizer }: Phase, set: DataSet): void {
  const { shapes } = feedSet(model, { set });
  checkTargets(set, buildStepProgram(model, { objective, optimizer, shapes }).lossKinds);
}

/** Paths of all layers by their effective flag. */
export function layersByFlag(model: Model): { readonly frozen: string[]; readonly trainable: string[] } {
  const placed = [...walkLayers(model)];
  const paths = (wanted: boolean): string[] => placed.filter((layer) => isEffectivelyTrainable(layer) === wanted).map(({ path }) => path);
  return { frozen: paths(false), trainable: paths(true) };
}
