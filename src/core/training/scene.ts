import { SurgeryError } from '../errors';
import { buildForward, type Forward } from '../layers/forward';
import type { Distribution, WeightSpec } from '../layers/layer';
import { isEffectivelyTrainable, type Model, type NetworkInput, walkLayers } from '../model/model';
import { Graph, type Value } from '../ops/graph';
import { BATCH, type Shape } from '../ops/shape';
import { decodeWeight } from '../weights/decode';
import type { ObservedOutput } from './objective';

/** Shapes of one sample of everything that is fed from a data set. */
export interface DataShapes {
  /** By input name. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** By output name. */
  readonly targets: Readonly<Record<string, readonly number[]>>;
  /** Outputs whose samples are weighed. */
  readonly weighed: readonly string[];
  /** Tensors inside the model that were computed before, by their key in `flattenCalls`: what leads to them is left out. */
  readonly cached: Readonly<Record<string, readonly number[]>>;
  /** What the host computes from the data (see `hostColumns.ts`), by the same keys. */
  readonly host?: Readonly<Record<string, { readonly shape: readonly number[]; readonly dtype: 'float32' | 'int32' }>>;
}

/** Names of a program's inputs and states; the parts after the slash are names of the model's. */
export const programNames = {
  input: (name: string): string => `input/${name}`,
  cached: (key: string): string => `cached/${key}`,
  host: (key: string): string => `host/${key}`,
  target: (output: string): string => `target/${output}`,
  sampleWeights: (output: string): string => `sampleWeights/${output}`,
  random: (layerPath: string, run: number, index: number): string => `random/${layerPath}/${run}/${index}`,
  rate: (name: string): string => `rate/${name}`,
  weight: (path: string): string => `weight/${path}`,
  slot: (slot: string, path: string): string => `slot/${slot}/${path}`,
} as const;

/** An input that the host fills with uniform numbers in [0, 1) at each step. */
export interface RandomInput {
  readonly name: string;
  /** May count batches. */
  readonly shape: Shape;
  readonly distribution: Distribution;
}

export interface SceneOptions {
  readonly shapes: DataShapes;
  readonly training: boolean;
  /** Paths of the variables that are states of the program; every other one is a constant. */
  readonly live: ReadonlySet<string>;
  /** Keys of tensors that are wanted instead of the outputs. */
  readonly want?: readonly string[];
}

/** A variable as it stands in the graph: a state where it is live, else a constant. */
export interface BoundVariable {
  readonly path: string;
  readonly value: Value;
  readonly spec: WeightSpec;
  readonly live: boolean;
}

/** A model's forward computation in a new graph, with its inputs declared. */
export interface Scene {
  readonly graph: Graph;
  readonly outputs: readonly ObservedOutput[];
  /** Computed tensors by key. */
  readonly tensors: ReadonlyMap<string, Value>;
  /** Those that the computation reads, by path. */
  readonly variables: ReadonlyMap<string, BoundVariable>;
  /** What layers added to the loss: numbers. */
  readonly penalties: readonly Value[];
  readonly randoms: readonly RandomInput[];
}

/** Throws `data-mismatch` where the data does not fit the model's inputs, and what `buildForward` throws. */
export function buildScene(model: Model, options: SceneOptions): Scene {
  const { shapes, training, want } = options;
  const graph = new Graph();
  const penalties: Value[] = [];
  const randoms: RandomInput[] = [];
  const variables = new Map<string, BoundVariable>();
  const flags = new Map([...walkLayers(model)].map((placed) => [placed.path, isEffectivelyTrainable(placed)]));
  const forward = buildForward(model, {
    inputs: declareInputs(graph, model, shapes),
    known: declareCached(graph, shapes),
    training,
    weight: (path, weight, spec) => {
      const live = options.live.has(path);
      const value = live
        ? graph.state(programNames.weight(path), { shape: weight.shape, dtype: 'float32' })
        : graph.constant(decodeWeight(weight));
      variables.set(path, { path, value, spec, live });
      return value;
    },
    isTrainable: (path) => flags.get(path) ?? true,
    random: ({ shape, distribution }, path, run) => {
      const name = programNames.random(path, run, randoms.length);
      randoms.push({ name, shape, distribution });
      return graph.input(name, { shape, dtype: 'float32' });
    },
    update: (path, next) => {
      const variable = variables.get(path);
      if (variable?.spec.trainable) variables.set(path, { ...variable, value: next });
      else graph.update(programNames.weight(path), next);
    },
    addLoss: (scalar) => penalties.push(scalar),
    ...(want ? { want } : {}),
  });
  const outputs = want ? [] : observe(graph, model, forward, shapes);
  return { graph, outputs, tensors: forward.tensors, variables, penalties, randoms };
}

/** Inputs that the cached tensors make needless may be missing from the data. */
function declareInputs(graph: Graph, model: Model, shapes: DataShapes): Record<string, Value> {
  const declared = model.root.network.inputs.flatMap((input) => {
    const given = Object.hasOwn(shapes.inputs, input.name) ? shapes.inputs[input.name] : undefined;
    if (!given) return [];
    const type = { shape: [BATCH, ...fitInput(input, given)], dtype: inputDType(input) };
    return [[input.name, graph.input(programNames.input(input.name), type)] as const];
  });
  return Object.fromEntries(declared);
}

/** What the model computes an input in: integers stay integers, everything else is float32. */
export function inputDType({ dtype }: NetworkInput): 'float32' | 'int32' {
  return /^(u?int|bool)/.test(dtype) ? 'int32' : 'float32';
}

/**
 * The shape of one sample as the model takes it: as Keras, a last axis of size 1 may be missing or too much. Throws
 * `data-mismatch`.
 */
export function fitInput(input: NetworkInput, given: readonly number[]): readonly number[] {
  const wanted = input.shape.slice(1);
  const candidates = [given, [...given, 1], ...(given.at(-1) === 1 ? [given.slice(0, -1)] : [])];
  const fitting = candidates.find((shape) => shape.length === wanted.length && shape.every((size, axis) => wanted[axis] === null || wanted[axis] === size));
  if (fitting) return fitting;
  throw new SurgeryError('data-mismatch', `The data of the input ${input.name} has another shape than the model takes.`, {
    expected: `[${wanted.map((size) => size ?? 'any').join(', ')}] for each sample`,
    received: `[${given.join(', ')}]`,
    where: input.name,
  });
}

function declareCached(graph: Graph, { cached, host = {} }: DataShapes): ReadonlyMap<string, Value> {
  const kept = Object.entries(cached).map(([key, shape]) => [key, graph.input(programNames.cached(key), { shape: [BATCH, ...shape], dtype: 'float32' })] as const);
  const computed = Object.entries(host).map(([key, { shape, dtype }]) => [key, graph.input(programNames.host(key), { shape: [BATCH, ...shape], dtype })] as const);
  return new Map([...kept, ...computed]);
}

function observe(graph: Graph, model: Model, { outputs, masks }: Forward, shapes: DataShapes): ObservedOutput[] {
  return model.root.network.outputs.map(({ name }) => {
    const output = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
    if (!output) throw new SurgeryError('internal', 'An output of the model was not computed.', { where: name });
    const target = Object.hasOwn(shapes.targets, name) ? shapes.targets[name] : undefined;
    return {
      name,
      output,
      target: target && graph.input(programNames.target(name), { shape: [BATCH, ...target], dtype: 'float32' }),
      sampleWeights: shapes.weighed.includes(name) ? graph.input(programNames.sampleWeights(name), { shape: [BATCH], dtype: 'float32' }) : undefined,
      ...(Object.hasOwn(masks, name) ? { mask: masks[name] } : {}),
    };
  });
}
