import { isEffectivelyTrainable, walkLayers, type CompileSettings, type Model, type OptimizerVariable } from '../model/model';
import { encodeNumbers } from '../weights/decode';

/** For each slot, the words that Keras 2 had for it. */
type SlotWords = readonly string[];

/** Groups of slots in the order of Keras 3, which goes group by group, in each weight by weight, in each weight slot by slot. */
const groupsByOptimizer: Readonly<Record<string, readonly (readonly SlotWords[])[]>> = {
  sgd: [[['momentum', 'm']]],
  adam: [[['m', 'momentum'], ['v', 'velocity']], [['vhat', 'velocity_hat']]],
  adamw: [[['m', 'momentum'], ['v', 'velocity']], [['vhat', 'velocity_hat']]],
  adamax: [[['m'], ['u', 'v']]],
  rmsprop: [[['rms', 'velocity']], [['momentum']], [['mg', 'average_gradient']]],
  adagrad: [[['accumulator']]],
};

/** The learning rate as a variable after the step count: Keras 2 kept it in the settings only. A schedule has none in Keras 3 either. */
function withLearningRate(variables: readonly OptimizerVariable[], compile: CompileSettings | null): readonly OptimizerVariable[] {
  const [iteration, ...slots] = variables;
  const optimizer = compile?.optimizer;
  const rate = typeof optimizer === 'object' && optimizer !== null ? optimizer.config['learning_rate'] : undefined;
  if (variables.length === 0 || typeof rate !== 'number') return variables;
  return [iteration, { name: 'learning_rate', shape: [], dtype: 'float32', bytes: encodeNumbers('float32', [rate]) }, ...slots];
}

/** Those of a `.keras` file of Keras 2, whose order is that of Keras 3. */
export function archivedOptimizer(variables: readonly OptimizerVariable[], compile: CompileSettings | null): readonly OptimizerVariable[] {
  return withLearningRate(hasSlots(compile) ? variables : variables.slice(0, 1), compile);
}

/**
 * The optimizer's variables of an `.h5` of Keras 2 (step count, then slots in the order and under the names of its many versions) as
 * Keras 3 lists them; undefined where they do not fit the weights that train.
 */
export function modernOptimizer(model: Model, stored: readonly OptimizerVariable[]): readonly OptimizerVariable[] | undefined {
  const optimizer = model.compile?.optimizer;
  const className = typeof optimizer === 'string' ? optimizer : optimizer?.class_name ?? '';
  const groups = groupsByOptimizer[className.toLowerCase()] as (typeof groupsByOptimizer)[string] | undefined;
  const iteration = stored.at(0);
  if (!groups || iteration?.shape.length !== 0) return undefined;
  const shapes = trainableShapes(model);
  const slots = slotsIn(stored.slice(1), groups.flat(), shapes);
  if (!slots) return undefined;
  const wanted = groups.map((group) => group.filter((words) => slots.has(words))).filter((group) => group.length > 0 && hasSlots(model.compile));
  const listed = wanted.flatMap((group) => shapes.flatMap((_, index) => group.flatMap((words) => slots.get(words)?.[index] ?? [])));
  return withLearningRate([{ ...iteration, dtype: 'int64', bytes: asInt64(iteration) }, ...listed], model.compile);
}

/** SGD of Keras 2 wrote moments without momentum too. */
function hasSlots(compile: CompileSettings | null): boolean {
  const optimizer = compile?.optimizer;
  if (typeof optimizer !== 'object' || optimizer === null || optimizer.class_name.toLowerCase() !== 'sgd') return true;
  return (optimizer.config['momentum'] ?? 0) !== 0;
}

function trainableShapes(model: Model): (readonly number[])[] {
  return [...walkLayers(model)].filter(isEffectivelyTrainable).flatMap(({ layer }) => layer.weights.filter(({ trainable }) => trainable).map(({ shape }) => shape));
}

type Slots = ReadonlyMap<SlotWords, readonly OptimizerVariable[]>;

/** Slots by their words in the names; where no name has one, they stand slot by slot. */
function slotsIn(stored: readonly OptimizerVariable[], known: readonly SlotWords[], shapes: readonly (readonly number[])[]): Slots | undefined {
  const named = known.map((words) => [words, stored.filter(({ name }) => slotOf(name, known) === words)] as const).filter(([, found]) => found.length > 0);
  const parts = named.length > 0 ? named : known.map((words, index) => [words, stored.slice(index * shapes.length, (index + 1) * shapes.length)] as const);
  // Adam of Keras 2.0 wrote a stump of one number for each slot that it did not use.
  const full = parts.filter(([, found]) => found.length > 0 && !found.every(({ shape }) => shape.join() === '1'));
  const fits = full.every(([, found]) => found.length === shapes.length && found.every(({ shape }, index) => shape.join() === shapes[index].join()));
  const all = parts.reduce((sum, [, found]) => sum + found.length, 0) === stored.length;
  return fits && all ? new Map(full) : undefined;
}

/** `Adam/dense/kernel/m:0` in the first versions, `Adam/m/dense/kernel:0` in the last. */
function slotOf(name: string, known: readonly SlotWords[]): SlotWords | undefined {
  const steps = name.replace(/:\d+$/, '').split('/');
  const [first, last] = [steps.at(1), steps.at(-1)?.replace(/_\d+$/, '')];
  return known.find((words) => last !== undefined && words.includes(last)) ?? known.find((words) => first !== undefined && words.includes(first));
}

function asInt64({ bytes, dtype }: OptimizerVariable): Uint8Array {
  if (dtype === 'int64') return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return encodeNumbers('int64', [dtype === 'int32' ? view.getInt32(0, true) : dtype === 'float32' ? view.getFloat32(0, true) : 0]);
}
