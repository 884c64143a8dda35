import type { DataSet, DataSets } from '../data/dataSet';
import { isEffectivelyTrainable, type Model, walkLayers } from '../model/model';
import type { PhasePlan, Plan } from '../plan/plan';
import { mapLayers } from '../surgery/edit';
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

/**
 * The model with a phase's freeze flags; `as set` means those that `original`, the model before the first phase, has. Throws
 * `layer-unknown`, `operation-refused`.
 */
export function flagModel(model: Model, { freeze }: PhasePlan, original: Model): Model {
  return freeze === 'as set' ? withFlagsOf(model, original) : applyFreeze(model, resolveSelection(model, freeze));
}

function withFlagsOf(model: Model, original: Model): Model {
  const flags = new Map([...walkLayers(original)].map(({ path, layer }) => [path, layer.trainable]));
  const edited = mapLayers(model, (layer, path) => ({ ...layer, trainable: flags.get(path) ?? layer.trainable }));
  return { ...edited, root: { ...edited.root, trainable: original.root.trainable } };
}

/**
 * Resolves the phases that are to run and writes each one's step program once, so that whatever is wrong in plan, model or data
 * is known before anything runs. Throws what `buildStepProgram`, `checkTargets` and `resolveOptimizer` throw.
 */
export function preparePhases(model: Model, plan: Pick<Plan, 'compile' | 'phases'>, { numbers, data }: PhaseChoice): Phase[] {
  return numbers.map((number) => {
    const phase = resolvePhase(plan.phases[number - 1], number, data);
    const flagged = flagModel(model, phase.plan, model);
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
