import { SurgeryError } from '../errors';
import { penalty } from '../layers/penalty';
import type { Model } from '../model/model';
import { add, div, mul, sub } from '../ops/binary';
import { gradients } from '../ops/gradients';
import { sum } from '../ops/reduce';
import type { Graph, Value } from '../ops/graph';
import type { Program } from '../ops/program';
import { resolveConstraint } from './constraints';
import { buildObjective, type Measure, type Objective, type ObjectiveSettings } from './objective';
import { ACCUMULATOR, accumulate, AVERAGE, follow, type Gate, slotGroups, stepRates, updateGate } from './optimizers/averaging';
import { clipGradients } from './optimizers/clipping';
import { LEARNING_RATE } from './optimizers/optimizer';
import { mapGradient } from './rowGradients';
import type { Optimizer } from './optimizers/registry';
import { buildScene, type DataShapes, type BoundVariable, programNames, type RandomInput, type Scene } from './scene';
import { type ModelVariable, modelVariables } from './variables';

/** Name of the output that holds the loss of a step: with regularization, a number. */
export const LOSS_OUTPUT = 'loss';

/** A measure of a program, by the names of the outputs that give its parts. */
export type ProgramMeasure = Omit<Measure, 'parts'> & { readonly outputs: readonly string[] };

/** A program that computes loss and metrics, and what the host must know to feed it and to read it. */
export interface MeasuringProgram {
  readonly program: Program;
  readonly measures: readonly ProgramMeasure[];
  /** To be filled by the host at each step, in this order. */
  readonly randoms: readonly RandomInput[];
  /** Paths of the variables that are states, named `programNames.weight(path)`. */
  readonly live: readonly string[];
  /** The loss of each output, by output name. */
  readonly lossKinds: Objective['kinds'];
}

/** A training step: also takes the optimizer's rates, and moves its states. */
export interface StepProgram extends MeasuringProgram {
  readonly optimizer: Optimizer;
  /** What takes a gradient, in Keras' order of `model.trainable_variables`. */
  readonly trainable: readonly ModelVariable[];
}

export interface StepSettings {
  readonly objective: ObjectiveSettings;
  readonly optimizer: Optimizer;
  readonly shapes: DataShapes;
}

/** Paths of the variables that a training may move: trainable ones, and moving statistics of trainable layers. */
export function movablePaths(model: Model): ReadonlySet<string> {
  return new Set(modelVariables(model).filter(({ layerTrainable }) => layerTrainable).map(({ path }) => path));
}

/**
 * Forward, loss, gradients, optimizer and constraints of one training step, for any batch size. Frozen weights are constants,
 * movable ones and the optimizer's slots are states. Throws `nothing-to-train` where every weight is frozen, and what the
 * objective, the layers and the data throw.
 */
export function buildStepProgram(model: Model, { objective: settings, optimizer, shapes }: StepSettings): StepProgram {
  const trainable = modelVariables(model).filter((variable) => variable.trainable);
  requireTrainable(trainable);
  const scene = buildScene(model, { shapes, training: true, live: movablePaths(model) });
  const objective = buildObjective(scene.outputs, settings);
  const loss = totalLoss(scene, objective, trainable);
  const measures = declareOutputs(scene.graph, loss, objective);
  updateWeights({ scene, loss, optimizer, trainable });
  return { program: scene.graph.finish(), measures, randoms: scene.randoms, live: livePaths(scene), lossKinds: objective.kinds, optimizer, trainable };
}

/** Loss and metrics without training, as Keras' `test_step`; the `live` variables are states. */
export function buildEvaluationProgram(model: Model, settings: Omit<StepSettings, 'optimizer'>, live: ReadonlySet<string>): MeasuringProgram {
  const scene = buildScene(model, { shapes: settings.shapes, training: false, live });
  const objective = buildObjective(scene.outputs, settings.objective);
  const loss = totalLoss(scene, objective, modelVariables(model).filter((variable) => variable.trainable));
  const measures = declareOutputs(scene.graph, loss, objective);
  return { program: scene.graph.finish(), measures, randoms: scene.randoms, live: livePaths(scene), lossKinds: objective.kinds };
}

/** Names of the outputs of a gradient program. */
export const gradientNames = {
  gradient: (path: string): string => `gradient/${path}`,
  weight: (path: string): string => `norm/${path}`,
} as const;

/** Squared Euclidean norms of the loss's gradient by each trainable variable, and of the variable; it moves nothing. */
export interface GradientProgram {
  readonly program: Program;
  readonly randoms: readonly RandomInput[];
  /** The loss depends on these. */
  readonly paths: readonly string[];
  readonly lossKinds: Objective['kinds'];
}

/** Throws what `buildStepProgram` throws. */
export function buildGradientProgram(model: Model, { objective: settings, shapes }: Omit<StepSettings, 'optimizer'>): GradientProgram {
  const trainable = modelVariables(model).filter((variable) => variable.trainable);
  requireTrainable(trainable);
  const scene = buildScene(model, { shapes, training: true, live: movablePaths(model) });
  const objective = buildObjective(scene.outputs, settings);
  const loss = totalLoss(scene, objective, trainable);
  const variables = trainable.flatMap(({ path }) => scene.variables.get(path) ?? []);
  const found = gradients(loss, variables.map(({ value }) => value));
  const paths = variables.flatMap(({ path, value }, index) => {
    const gradient = found[index];
    if (!gradient) return [];
    scene.graph.output(gradientNames.gradient(path), squaredNorm(gradient));
    scene.graph.output(gradientNames.weight(path), squaredNorm(value));
    return [path];
  });
  return { program: scene.graph.finish(), randoms: scene.randoms, paths, lossKinds: objective.kinds };
}

function squaredNorm(value: Value): Value {
  return sum(mul(value, value));
}

/** A program that gives the outputs (or the tensors of these keys), named by output (or key). */
export function buildPredictProgram(model: Model, shapes: Pick<DataShapes, 'inputs' | 'host'>, want?: readonly string[]): Program {
  const scene = buildScene(model, {
    shapes: { inputs: shapes.inputs, ...(shapes.host ? { host: shapes.host } : {}), targets: {}, weighed: [], cached: {} },
    training: false,
    live: new Set(),
    ...(want ? { want } : {}),
  });
  scene.outputs.forEach(({ name, output }) => scene.graph.output(name, output));
  for (const key of want ?? []) {
    const value = scene.tensors.get(key);
    if (!value) throw new SurgeryError('internal', 'A tensor inside the model was not computed.', { where: key });
    scene.graph.output(key, value);
  }
  return scene.graph.finish();
}

function livePaths({ variables }: Scene): string[] {
  return [...variables.values()].filter(({ live }) => live).map(({ path }) => path);
}

function requireTrainable(trainable: readonly ModelVariable[]): void {
  if (trainable.length > 0) return;
  throw new SurgeryError('nothing-to-train', 'Every weight of the model is frozen, so there is nothing to train.', {
    expected: 'at least one trainable layer with weights',
    received: 'none',
  });
}

/** The objective, what layers added, and the regularizers of the trainable variables, in Keras' order. */
function totalLoss({ penalties, variables }: Scene, { loss }: Objective, trainable: readonly ModelVariable[]): Value {
  const regularization = trainable.flatMap(({ path }) => {
    const variable = variables.get(path);
    const term = variable && penalty(variable.spec.regularizer, variable.value, `${path}.regularizer`);
    return term ? [term] : [];
  });
  return [loss, ...penalties, ...regularization].reduce((total, term) => add(total, term));
}

function declareOutputs(graph: Graph, loss: Value, { measures }: Objective): ProgramMeasure[] {
  graph.output(LOSS_OUTPUT, loss);
  return measures.map(({ name, parts, finish }) => ({
    name,
    finish,
    outputs: parts.map((part, index) => {
      const output = index === 0 ? `measure/${name}` : `measure/${name}/${index}`;
      graph.output(output, part);
      return output;
    }),
  }));
}

interface Training {
  readonly scene: Scene;
  readonly loss: Value;
  readonly optimizer: Optimizer;
  readonly trainable: readonly ModelVariable[];
}

/** As Keras' `Optimizer.apply`: variables that the loss does not depend on keep their value and their slots. */
function updateWeights({ scene, loss, optimizer, trainable }: Training): void {
  const { graph } = scene;
  const variables = trainable.flatMap(({ path }) => scene.variables.get(path) ?? []);
  const scaled = optimizer.lossScale === 1 ? loss : mul(loss, optimizer.lossScale);
  const raw = gradients(scaled, variables.map(({ value }) => value));
  const moved = variables.flatMap((variable, index) => {
    const gradient = raw[index];
    return gradient ? [{ variable, gradient: optimizer.lossScale === 1 ? gradient : mapGradient(gradient, (part) => div(part, optimizer.lossScale)) }] : [];
  });
  if (moved.length === 0) {
    throw new SurgeryError('nothing-to-train', 'The loss depends on no trainable weight.', { expected: 'a trainable layer before an output with a loss', received: 'none' });
  }
  const rate = rateInputs(graph, optimizer);
  declareSlots(graph, optimizer, trainable);
  const updating = { graph, optimizer, rate, gate: updateGate(optimizer, rate) };
  const clipped = clipGradients(moved.map(({ variable, gradient }) => collectGradient(updating, variable, gradient)), optimizer.clipping);
  moved.forEach(({ variable }, index) => updateWeight(updating, variable, clipped[index]));
  followStill(updating, variables.filter((variable) => !moved.some((each) => each.variable === variable)));
}

/** All rates are declared at once, so that what is fed does not depend on what is read. */
function rateInputs(graph: Graph, optimizer: Optimizer): (name: string) => Value {
  const inputs = new Map(Object.keys(stepRates(optimizer, 0)).map((name) => [name, graph.input(programNames.rate(name), { shape: [], dtype: 'float32' })]));
  return (name) => {
    const value = inputs.get(name);
    if (!value) throw new Error(`the optimizer reads a rate that it does not declare: ${name}`);
    return value;
  };
}

function declareSlots(graph: Graph, optimizer: Optimizer, trainable: readonly ModelVariable[]): void {
  for (const { path, weight } of trainable) {
    slotGroups(optimizer, { path, shape: weight.shape }).flat().forEach(({ name, shape }) => graph.state(programNames.slot(name, path), { shape, dtype: 'float32' }));
  }
}

interface Updating {
  readonly graph: Graph;
  readonly optimizer: Optimizer;
  readonly rate: (name: string) => Value;
  readonly gate: Gate;
}

/** A slot that was declared, in its own shape. */
function slotOf(graph: Graph, slot: string, { path, value }: BoundVariable): Value {
  return graph.state(programNames.slot(slot, path), { shape: value.shape, dtype: value.dtype });
}

/** The gradient that this step updates with, and with it what it leaves to the steps to come. */
function collectGradient({ graph, optimizer, gate }: Updating, variable: BoundVariable, gradient: Value): Value {
  if (optimizer.accumulation === 1) return gradient;
  const { mean, next } = accumulate(optimizer, gradient, { collected: slotOf(graph, ACCUMULATOR, variable), gate });
  graph.update(programNames.slot(ACCUMULATOR, variable.path), next);
  return mean;
}

/** The average of a weight and the weight itself, which it may replace. */
function followWeight({ graph, optimizer, rate }: Updating, variable: BoundVariable, weight: Value): Value {
  if (!optimizer.average) return weight;
  const followed = follow(slotOf(graph, AVERAGE, variable), weight, { optimizer, rate });
  graph.update(programNames.slot(AVERAGE, variable.path), followed.average);
  return followed.weight;
}

/** Weights that the loss does not depend on have averages too. */
function followStill(updating: Updating, still: readonly BoundVariable[]): void {
  if (!updating.optimizer.average) return;
  still.forEach((variable) => updating.graph.update(programNames.weight(variable.path), followWeight(updating, variable, variable.value)));
}

function updateWeight(updating: Updating, variable: BoundVariable, gradient: Value): void {
  const { graph, optimizer, rate, gate } = updating;
  const { path, value, spec } = variable;
  const { rule } = optimizer;
  const weightDecay = rule.decay ? rule.decay({ path, shape: spec.shape }) : optimizer.weightDecay;
  const weight = weightDecay === null ? value : sub(value, mul(mul(value, weightDecay), rate(LEARNING_RATE)));
  const stepped = rule.update({
    weight,
    path,
    gradient,
    rate,
    slot: (name) => slotOf(graph, name, variable),
    keep: (name, kept) => graph.update(programNames.slot(name, path), gate(kept, slotOf(graph, name, variable))),
  });
  const next = followWeight(updating, variable, gate(stepped, value));
  const { constraint } = spec;
  const constrained = constraint === undefined || constraint === null ? next : resolveConstraint(constraint, `${path}.constraint`)(next);
  graph.update(programNames.weight(path), constrained);
}
