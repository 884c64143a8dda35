import { SurgeryError } from '../errors';
import { outputSpecs } from '../inspect/outputShapes';
import type { Model } from '../model/model';
import { isEffectivelyTrainable, walkLayers } from '../model/model';
import { applyFreeze } from '../surgery/flags';
import type { LayerSelection, Operation, SurgeryContext } from '../surgery/operation';
import { mentionsOf } from '../surgery/mentions';
import { applyOperation } from '../surgery/operations';
import { resolveSelection } from '../surgery/selection';
import { mistakeOf, settingMistakes, unknownKeys, type OutputFacts } from './checkSettings';
import { showPath, type PathStep } from './jsonPath';
import type { DataReference, DataSetPlan, PhasePlan, Plan } from './plan';
import type { PlanMistake } from './schema';

/** What is known around a plan. What is missing is not checked. */
export interface PlanFacts {
  /** The plan's model, unedited. */
  readonly model?: Model;
  /** For the operations; where `readWeights` is missing, what reads another file is taken to fit. */
  readonly context?: SurgeryContext;
  /** Samples of each set that its classes leave, before `take`. */
  readonly samples?: Readonly<Partial<Record<SetName, number>>>;
}

type SetName = 'train' | 'validation' | 'test';

const setNames: readonly SetName[] = ['train', 'validation', 'test'];

/**
 * Every mistake of a plan that its form does not show: unknown layers, refused operations, settings that do not fit the
 * model, sets that are too small. Nothing is trained or written. Empty where the plan is right.
 */
export async function checkPlan(plan: Plan, facts: PlanFacts): Promise<PlanMistake[]> {
  const sets = setMistakes(plan, facts.samples ?? {});
  if (!facts.model) return [...settingMistakes(plan), ...sets];
  const { model, mistakes } = await operate(facts.model, plan.operations, facts.context ?? { seed: 0 });
  // Layers behind a refused operation are not known: what is said of them then would mislead.
  if (mistakes.length > 0) return [...mistakes, ...settingMistakes(plan), ...sets];
  return [
    ...settingMistakes(plan, outputsOf(model)),
    ...plan.phases.flatMap((phase, index) => freezeMistakes(model, phase, ['phases', index, 'freeze'])),
    ...setNames.flatMap((name) => referenceMistakes(model, plan.data[name], ['data', name])),
    ...sets,
  ];
}

function outputsOf(model: Model): OutputFacts[] {
  const { outputs } = outputSpecs(model);
  return model.root.network.outputs.map(({ name }, index) => ({ name, size: outputs[index].shape?.at(-1) ?? null }));
}

/** Applies as many operations as work. One that is refused ends it, unless it only names unknown layers. */
async function operate(model: Model, operations: readonly Operation[], context: SurgeryContext): Promise<{ model: Model; mistakes: PlanMistake[] }> {
  let current = model;
  const mistakes: PlanMistake[] = [];
  for (const [index, operation] of operations.entries()) {
    const path = ['operations', index];
    const unknown = unknownLayers(current, operation, path);
    mistakes.push(...unknown);
    const left = 'from' in operation && !context.readWeights;
    if (unknown.length > 0 || left) continue;
    try {
      current = (await applyOperation(current, operation, context)).model;
    } catch (thrown) {
      if (!(thrown instanceof SurgeryError)) throw thrown;
      mistakes.push(mistakeOf(thrown, showPath([...path, ...keyOf(operation, thrown)])));
      break;
    }
  }
  return { model: current, mistakes };
}

/** The key of the operation that a refusal is about: one that it names, else the first that names layers or a file. */
function keyOf(operation: Operation, { where }: SurgeryError): PathStep[] {
  if (where !== undefined && where !== 'op' && Object.hasOwn(operation, where)) return [where];
  if (operation.op === 'rename') return ['name'];
  return [...(mentionsOf(operation).at(0)?.keys.slice(0, 1) ?? ('from' in operation ? ['from'] : []))];
}

function unknownLayers(model: Model, operation: Operation, path: readonly PathStep[]): PlanMistake[] {
  return mentionsOf(operation).flatMap(({ keys, layers }) => {
    const place = [...path, ...keys];
    const isList = Array.isArray((operation as Readonly<Record<string, unknown>>)[String(keys[0])]);
    return isList || !Array.isArray(layers) ? selectionMistakes(model, layers, place) : unknownPaths(model, [[String(layers[0]), place]]);
  });
}

function selectionMistakes(model: Model, selection: LayerSelection, path: readonly PathStep[]): PlanMistake[] {
  if (typeof selection === 'string') return [];
  if ('from' in selection) return unknownPaths(model, [[selection.from, [...path, 'from']], [selection.to, [...path, 'to']]]);
  return unknownPaths(model, selection.map((layer, index) => [layer, [...path, index]]));
}

function unknownPaths(model: Model, layers: readonly (readonly [string, readonly PathStep[]])[]): PlanMistake[] {
  return layers.flatMap(([layer, path]) => attempt(path, () => resolveSelection(model, [layer])));
}

function attempt(path: readonly PathStep[], work: () => unknown): PlanMistake[] {
  try {
    work();
    return [];
  } catch (thrown) {
    if (!(thrown instanceof SurgeryError)) throw thrown;
    return [mistakeOf(thrown, showPath(path))];
  }
}

/** Unknown layers, a range that runs backwards, and a phase that leaves nothing to train. */
function freezeMistakes(model: Model, { freeze }: PhasePlan, path: readonly PathStep[]): PlanMistake[] {
  if (freeze === 'as set') return nothingLeft(model, path);
  const unknown = selectionMistakes(model, freeze, path);
  if (unknown.length > 0) return unknown;
  const refused = attempt(path, () => resolveSelection(model, freeze));
  return refused.length > 0 ? refused : nothingLeft(applyFreeze(model, resolveSelection(model, freeze)), path);
}

function nothingLeft(model: Model, path: readonly PathStep[]): PlanMistake[] {
  const some = [...walkLayers(model)].some((placed) => isEffectivelyTrainable(placed) && placed.layer.weights.some(({ trainable }) => trainable));
  return some ? [] : [{ where: showPath(path), message: 'leaves nothing to train: every weight is frozen' }];
}

/** One input may be a file; several are an object by their names, none missing. */
function referenceMistakes(model: Model, set: DataSetPlan | undefined, path: readonly PathStep[]): PlanMistake[] {
  if (!set) return [];
  const inputs = model.root.network.inputs.map(({ name }) => name);
  const outputs = model.root.network.outputs.map(({ name }) => name);
  return [
    ...namedMistakes(set.inputs, [...path, 'inputs'], { kind: 'input', names: inputs, all: true }),
    ...namedMistakes(set.targets, [...path, 'targets'], { kind: 'output', names: outputs, all: false }),
    ...(typeof set.sampleWeights === 'object' ? unknownKeys(set.sampleWeights, [...path, 'sampleWeights'], { kind: 'output', names: outputs }) : []),
  ];
}

function namedMistakes(given: DataReference, path: readonly PathStep[], ends: { kind: string; names: readonly string[]; all: boolean }): PlanMistake[] {
  const { kind, names, all } = ends;
  if (typeof given === 'string') {
    if (names.length === 1) return [];
    return [{ where: showPath(path), message: `must be an object by ${kind} name: the model has ${names.join(', ')}` }];
  }
  const absent = all ? names.filter((name) => !(name in given)) : [];
  return [
    ...unknownKeys(given, path, ends),
    ...absent.map((name) => ({ where: showPath(path), message: `lacks the ${kind} ${name} of the model` })),
  ];
}

function setMistakes({ data }: Plan, samples: NonNullable<PlanFacts['samples']>): PlanMistake[] {
  return setNames.flatMap((name): PlanMistake[] => {
    const [there, take] = [samples[name], data[name]?.take];
    if (there === undefined) return [];
    if (take !== undefined && take > there) return [{ where: showPath(['data', name, 'take']), message: `must be at most ${there}: the set has no more samples` }];
    return there === 0 ? [{ where: showPath(['data', name]), message: 'has no samples' }] : [];
  });
}
