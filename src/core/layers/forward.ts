import { SurgeryError } from '../errors';
import type { Json } from '../model/json';
import { weightPaths, type Layer, type Model, type Weight } from '../model/model';
import type { Value } from '../ops/graph';
import type { Shape } from '../ops/shape';
import { flattenCalls, readsOf, type FlatCall, type FlatModel } from './flattenCalls';
import type { CallContext, Distribution, KerasShape, LayerDefinition, Mask, WeightSpec } from './layer';
import { activityPenalty } from './penalty';
import { parseLayer, parseOperation, type ParsedLayer } from './registry';
import { showKerasShape, toKerasShape } from './shapes';

/** What surrounds a forward graph. Paths of layers and weights are those of `walkLayers` and `weightPaths`. */
export interface ForwardOptions {
  /** By input name; those that nothing needed reads may be left out. */
  readonly inputs: Readonly<Record<string, Value>>;
  /** Keras' `training` argument of the model. */
  readonly training: boolean;
  /** The value of a variable; asked once for each. `spec` is what its layer's class says of it. */
  weight(path: string, weight: Weight, spec: WeightSpec): Value;
  /** Effective flag of a layer. */
  isTrainable(layerPath: string): boolean;
  /** Random numbers for one run of a layer. */
  random(draw: RandomDraw, layerPath: string, run: number): Value;
  /** Says what a non-trainable variable holds after the step, or what a trainable one is trained from. */
  update(weightPath: string, next: Value): void;
  /** Adds to the loss (activity regularization). */
  addLoss(scalar: Value): void;
  /** Tensors that are there already, by key: what computes them is left out. */
  readonly known?: ReadonlyMap<string, Value>;
  /** Masks that the inputs carry, by input name. */
  readonly masks?: Readonly<Record<string, Value>>;
  /** Keys of tensors that are wanted; the model's outputs where left out. */
  readonly want?: readonly string[];
}

/** What a layer wants drawn for each step. */
export interface RandomDraw {
  readonly shape: Shape;
  readonly distribution: Distribution;
}

export interface Forward {
  /** By output name; those that `want` leaves uncomputed are missing. */
  readonly outputs: Readonly<Record<string, Value>>;
  /** Every tensor that was computed or given, by key. */
  readonly tensors: ReadonlyMap<string, Value>;
  /** Masks of the outputs that carry one, by output name: Keras' losses and metrics heed them. */
  readonly masks: Readonly<Record<string, Value>>;
}

/**
 * Writes a model's forward computation into the graph of the given values. Throws `layer-opaque` where a layer that is needed
 * cannot be run, `weight-missing` and `weight-mismatch` where a layer's variables are not those of its class, `shape-mismatch`.
 */
export function buildForward(model: Model, options: ForwardOptions): Forward {
  const flat = flattenCalls(model);
  const tensors = new Map<string, Value>(options.known);
  for (const { name, key } of flat.inputs) bindInput(model, options, { name, key }, tensors);
  const masks = new Map(flat.inputs.flatMap(({ name, key }) => (options.masks && Object.hasOwn(options.masks, name) ? [[key, options.masks[name]] as const] : [])));
  const writer = new Writer(options, tensors, masks);
  const wanted = options.want ?? flat.outputs.map(({ key }) => key);
  for (const call of neededCalls(flat, wanted, new Set(tensors.keys()))) writer.write(call);
  const named = (found: ReadonlyMap<string, Value>): Record<string, Value> => Object.fromEntries(flat.outputs.flatMap(({ name, key }) => {
    const value = found.get(key);
    return value ? [[name, value] as const] : [];
  }));
  return { outputs: named(tensors), tensors, masks: named(writer.masks) };
}

function bindInput(model: Model, { inputs }: ForwardOptions, { name, key }: { name: string; key: string }, tensors: Map<string, Value>): void {
  const value = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
  if (!value || tensors.has(key)) return;
  const expected = model.root.network.inputs.find((input) => input.name === name)?.shape ?? [];
  const received = toKerasShape(value.shape);
  const fits = expected.length === received.length && expected.every((size, axis) => axis === 0 || size === null || size === received[axis]);
  if (!fits) {
    throw new SurgeryError('shape-mismatch', `The input ${name} is fed a tensor of another shape.`, {
      expected: showKerasShape(expected),
      received: showKerasShape(received),
      where: name,
    });
  }
  tensors.set(key, value);
}

/** The calls that the wanted tensors need, given those that are there. */
export function neededCalls(flat: FlatModel, wanted: readonly string[], given: ReadonlySet<string>): FlatCall[] {
  const needed = new Set(wanted.filter((key) => !given.has(key)));
  const kept = [...flat.calls].reverse().filter((call) => {
    if (!call.outputs.some((key) => needed.has(key))) return false;
    readsOf(call).filter((key) => !given.has(key)).forEach((key) => needed.add(key));
    return true;
  });
  return kept.reverse();
}

/** Keras' `layer.weights`: the states of random generators are not among them. */
export function ownWeights(path: string, layer: Layer): { readonly path: string; readonly weight: Weight }[] {
  const paths = weightPaths(path, layer);
  return layer.weights.map((weight, index) => ({ path: paths[index] ?? path, weight })).filter(({ weight }) => !isSeedState(weight));
}

function isSeedState({ name, dtype }: Weight): boolean {
  return dtype === 'uint32' && name.endsWith('seed_generator_state');
}

class Writer {
  private readonly parsed = new Map<string, ParsedLayer>();
  /** What each variable holds at this point: a shared layer's second run sees what the first left. */
  private readonly variables = new Map<string, Value>();

  constructor(
    private readonly options: ForwardOptions,
    private readonly tensors: Map<string, Value>,
    /** Of the tensors that carry one, by key. */
    readonly masks: Map<string, Value>,
  ) {}

  write(call: FlatCall): void {
    try {
      this.run(call);
    } catch (thrown) {
      throw placed(thrown, call.path);
    }
  }

  private run(call: FlatCall): void {
    const parsed = this.parse(call);
    const { definition, config } = parsed;
    const reading = this.read(call, definition);
    const inputs = reading.inputs.map((key) => this.tensor(key));
    const shapes = inputs.map(({ shape }) => toKerasShape(shape));
    definition.outputShapes(config, shapes, reading.settings);
    const bound = this.bind(call, definition.weights(config, shapes));
    const context = this.context(call, { parsed, bound, reading });
    const outputs = definition.call(context, inputs);
    const masks = masksOf(definition, context, { inputs, outputs });
    outputs.forEach((output, index) => {
      const key = call.outputs.at(index);
      const mask = masks.at(index);
      if (key !== undefined) this.tensors.set(key, output);
      if (key !== undefined && mask) this.masks.set(key, mask);
      const loss = definition.ownPenalty ? undefined : activityPenalty(activityRegularizer(call.layer), output, `${call.path}.activity_regularizer`);
      if (loss) this.options.addLoss(loss);
    });
  }

  private parse(call: FlatCall): ParsedLayer {
    if (call.unsupportedArgument !== undefined) throw unsupportedArgument(call.unsupportedArgument, call.path);
    if (call.given) return parseOperation(call.layer, call.path, call.given);
    const known = this.parsed.get(call.path) ?? parseLayer(call.layer, call.path);
    this.parsed.set(call.path, known);
    return known;
  }

  /** What a call reads: tensors by place, then those that it names; masks that it names or that its tensors carry. */
  private read(call: FlatCall, { inputNames = ['inputs'], argumentNames = [] }: LayerDefinition<unknown>): Reading {
    const byName = inputNames.slice(call.inputs.length).flatMap((name) => namedBy(call, name) ?? []);
    const inputs = [...call.inputs, ...byName];
    const taken = [...inputNames, ...argumentNames, 'mask', ...inputNames.map((name) => `${name}_mask`)];
    const other = [...Object.keys(call.named), ...Object.keys(call.settings)].find((name) => !taken.includes(name));
    if (other !== undefined) throw unsupportedArgument(other, call.path);
    const masks = inputs.map((key, index) => {
      const given = namedBy(call, `${inputNames.at(index) ?? ''}_mask`) ?? namedBy(call, 'mask') ?? [];
      const mask = given.at(given.length > 1 ? index : 0);
      return mask === undefined ? this.masks.get(key) : mask === '' ? undefined : this.tensor(mask);
    });
    const named = argumentNames.flatMap((name) => {
      const keys = namedBy(call, name);
      return keys ? [[name, keys.map((key) => this.tensor(key))] as const] : [];
    });
    return { inputs, masks, named: Object.fromEntries(named), settings: call.settings };
  }

  private tensor(key: string): Value {
    const value = this.tensors.get(key);
    if (value) return value;
    throw new SurgeryError('data-mismatch', 'An input of the model is fed nothing.', { expected: `a tensor for ${key}`, received: 'nothing', where: key });
  }

  /** The layer's variables by Keras' name, checked against what its class asks for. */
  private bind({ layer, path }: FlatCall, specs: readonly WeightSpec[]): Map<string, BoundWeight> {
    const own = ownWeights(path, layer);
    if (own.length !== specs.length) {
      throw new SurgeryError(own.length < specs.length ? 'weight-missing' : 'weight-mismatch', `The layer ${path} has another number of weights than its class.`, {
        expected: specs.map(({ name }) => name).join(', ') || 'none',
        received: own.map(({ weight }) => weight.name).join(', ') || 'none',
        where: path,
      });
    }
    return new Map(specs.map((spec, index) => [spec.name, this.bindOne(spec, own[index])]));
  }

  private bindOne(spec: WeightSpec, own: { path: string; weight: Weight } | undefined): BoundWeight {
    if (!own || !sameSizes(own.weight.shape, spec.shape)) {
      throw new SurgeryError('weight-mismatch', `The weight ${own?.path ?? spec.name} has another shape than its layer needs.`, {
        expected: `[${spec.shape.join(', ')}]`,
        received: `[${own?.weight.shape.join(', ') ?? ''}]`,
        where: own?.path ?? spec.name,
      });
    }
    const value = this.variables.get(own.path) ?? this.options.weight(own.path, own.weight, spec);
    this.variables.set(own.path, value);
    return { path: own.path, value };
  }

  private context({ path, run }: FlatCall, { parsed, bound, reading }: Prepared): CallContext<unknown> {
    const { masks, named, settings } = reading;
    return {
      config: parsed.config,
      masks,
      named,
      settings,
      weights: Object.fromEntries([...bound].map(([name, { value }]) => [name, value])),
      training: this.options.training,
      trainable: this.options.isTrainable(path),
      random: (shape, distribution = 'uniform') => this.options.random({ shape, distribution }, path, run),
      addLoss: (scalar) => this.options.addLoss(scalar),
      update: (name, next) => {
        const variable = bound.get(name);
        if (!variable) throw new Error(`${path} updates a variable that it does not have: ${name}`);
        this.variables.set(variable.path, next);
        this.options.update(variable.path, next);
      },
    };
  }
}

/** What a call reads, by key; masks and named tensors as values. */
interface Reading extends Pick<CallContext<unknown>, 'masks' | 'named' | 'settings'> {
  readonly inputs: readonly string[];
}

interface Prepared {
  readonly parsed: ParsedLayer;
  readonly bound: ReadonlyMap<string, BoundWeight>;
  readonly reading: Reading;
}

interface BoundWeight {
  readonly path: string;
  readonly value: Value;
}

function sameSizes(a: KerasShape, b: KerasShape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function namedBy({ named }: FlatCall, name: string): readonly string[] | undefined {
  return Object.hasOwn(named, name) ? named[name] : undefined;
}

function unsupportedArgument(name: string, where: string): SurgeryError {
  return new SurgeryError('unsupported', 'A layer is called with an argument that is not supported.', {
    expected: 'a call with the arguments that the layer takes',
    received: `argument ${name}`,
    where,
  });
}

/** Masks of a call's outputs, in order. */
function masksOf(
  definition: LayerDefinition<unknown>,
  context: CallContext<unknown>,
  { inputs, outputs }: { inputs: readonly Value[]; outputs: readonly Value[] },
): readonly Mask[] {
  if (definition.outputMasks) return definition.outputMasks(context, inputs, outputs);
  return definition.passesMask ? context.masks.slice(0, 1) : [];
}

/** ActivityRegularization states its factors bare. */
function activityRegularizer({ className, config }: Layer): Json | undefined {
  if (className !== 'ActivityRegularization') return config['activity_regularizer'];
  const { l1 = 0, l2 = 0 } = config;
  return { class_name: 'L1L2', config: { l1, l2 } };
}

/** Names the layer in an error that does not say where. */
export function placed(thrown: unknown, path: string): unknown {
  if (!(thrown instanceof SurgeryError) || thrown.where !== undefined) return thrown;
  const { code, message, expected, received } = thrown;
  return new SurgeryError(code, message, {
    ...(expected === undefined ? {} : { expected }),
    ...(received === undefined ? {} : { received }),
    where: path,
    cause: thrown,
  });
}
