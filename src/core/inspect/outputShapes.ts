import { SurgeryError } from '../errors';
import type { JsonObject } from '../model/json';
import type { Argument, Call, Layer, Model, Network } from '../model/model';
import type { KerasShape } from '../layers/layer';
import type { ComputeDType } from '../model/tensor';
import { numberTensors, type CallArguments } from '../layers/callArguments';
import { inputNamesOf, parseLayer, parseOperation } from '../layers/registry';

/** A tensor as Keras' symbolic graph knows it. */
export interface TensorSpec {
  /** `null` where an opaque layer leaves it unknown. */
  readonly shape: KerasShape | null;
  readonly dtype: string;
}

/** What the first call of each layer gives, by layer path; and what the model gives, in the order of its outputs. */
export interface NetworkSpecs {
  /** What the first call of each layer that is no network reads, by layer path; absent where a shape of it is not known. */
  readonly reads: ReadonlyMap<string, readonly KerasShape[]>;
  /** What its later calls read, where that is known and other than what the first one does. */
  readonly otherReads: ReadonlyMap<string, readonly (readonly KerasShape[])[]>;
  readonly layers: ReadonlyMap<string, readonly TensorSpec[]>;
  readonly outputs: readonly TensorSpec[];
}

const unknown: TensorSpec = { shape: null, dtype: 'float32' };

/** Classes that give the element type that they are given; others compute in that of their policy. */
const keepsDtype = new Set(['Flatten', 'Reshape', 'Identity', 'InputLayer', 'ZeroPadding2D', 'Dropout', 'Permute']);

/**
 * Shapes and element types of every layer's output with the free axes of the inputs. A nested network is computed from its own
 * inputs, as Keras does. Never throws for a model that was read: what cannot be known is `null`.
 */
export function outputSpecs(model: Model): NetworkSpecs {
  return networkOutputSpecs(model.root.network);
}

/** The same of a network alone. */
export function networkOutputSpecs(network: Network): NetworkSpecs {
  const pass = new Pass();
  const outputs = pass.network(network, '');
  return { layers: pass.layers, reads: pass.reads, otherReads: pass.otherReads, outputs };
}

type Known = Map<string, TensorSpec>;

class Pass {
  readonly layers = new Map<string, readonly TensorSpec[]>();
  readonly reads = new Map<string, readonly KerasShape[]>();
  readonly otherReads = new Map<string, (readonly KerasShape[])[]>();

  /** Specs of the network's outputs. */
  network(network: Network, prefix: string): TensorSpec[] {
    const known: Known = new Map(network.inputs.map(({ ref, shape, dtype }) => [keyOf(ref), { shape, dtype }]));
    for (const layer of network.layers) this.withoutCall(layer, prefix, known);
    const byName = new Map(network.layers.map((layer) => [layer.name, layer]));
    for (const call of network.calls) {
      const layer = byName.get(call.layer);
      if (layer) this.call(layer, call, prefix + call.layer, known);
    }
    return network.outputs.map(({ ref }) => known.get(keyOf(ref)) ?? unknown);
  }

  /** What does not depend on calls: InputLayers and nested networks. */
  private withoutCall(layer: Layer, prefix: string, known: Known): void {
    const path = prefix + layer.name;
    const input = known.get(`${layer.name}:0:0`);
    if (input) this.layers.set(path, [input]);
    if (layer.network) this.layers.set(path, this.network(layer.network, `${path}/`));
  }

  private call(layer: Layer, call: Call, path: string, known: Known): void {
    const specs = layer.network ? (this.layers.get(path) ?? []) : this.leaf(layer, path, this.given(layer, call, known));
    specs.forEach((spec, output) => known.set(keyOf({ ...call, output }), spec));
    if (!this.layers.has(path)) this.layers.set(path, specs);
  }

  private given(layer: Layer, call: Call, known: Known): GivenSpecs {
    const numbered = layer.operation ? numberTensors(call) : undefined;
    const keys = numbered?.tensors.map(keyOf) ?? callInputs(layer, call);
    return { inputs: keys.map((key) => known.get(key) ?? unknown), settings: plainValues(call), ...(numbered ? { given: numbered.given } : {}) };
  }

  private noteReads(path: string, shapes: readonly KerasShape[]): void {
    const first = this.reads.get(path);
    if (!first) this.reads.set(path, shapes);
    else if (JSON.stringify(first) !== JSON.stringify(shapes)) this.otherReads.set(path, [...(this.otherReads.get(path) ?? []), shapes]);
  }

  private leaf(layer: Layer, path: string, { inputs, settings, given }: GivenSpecs): TensorSpec[] {
    const shapes = inputs.flatMap(({ shape }) => (shape ? [shape] : []));
    if (shapes.length !== inputs.length) return [unknown];
    this.noteReads(path, shapes);
    try {
      const { definition, config } = given ? parseOperation(layer, path, given) : parseLayer(layer, path);
      const types = definition.outputDTypes?.(config, shapes.map((shape, index) => ({ shape, dtype: computed(inputs[index].dtype) })));
      const own = keepsDtype.has(layer.className) ? (inputs.at(0)?.dtype ?? 'float32') : computeDtype(layer);
      return definition.outputShapes(config, shapes, settings).map((shape, output) => ({ shape, dtype: types ? storedDType(types[output], inputs) : own }));
    } catch (thrown) {
      if (thrown instanceof SurgeryError) return [unknown];
      throw thrown;
    }
  }
}

interface GivenSpecs {
  readonly inputs: readonly TensorSpec[];
  /** Plain values that the call is given by name. */
  readonly settings: JsonObject;
  /** Of an operation's call. */
  readonly given?: CallArguments;
}

function plainValues({ kwargs }: Call): JsonObject {
  return Object.fromEntries(Object.entries(kwargs).flatMap(([name, argument]) => (argument.kind === 'value' ? [[name, argument.value] as const] : [])));
}

/** What we compute an element type in. */
function computed(dtype: string): ComputeDType {
  return dtype === 'bool' ? 'bool' : /^u?int/.test(dtype) ? 'int32' : 'float32';
}

/** An element type of Keras for one that we compute in: that of an input where it is of this kind. */
function storedDType(dtype: ComputeDType | undefined, inputs: readonly TensorSpec[]): string {
  return inputs.find((input) => computed(input.dtype) === dtype)?.dtype ?? dtype ?? 'float32';
}

function keyOf({ layer, call, output }: { layer: string; call: number; output: number }): string {
  return `${layer}:${call}:${output}`;
}

/** By place, then those of the layer's tensor arguments that come by name. */
function callInputs({ className }: Layer, { args, kwargs }: Call): string[] {
  const byPlace = args.flatMap(tensorKeys);
  const byName = inputNamesOf(className).slice(byPlace.length).flatMap((name) => (name in kwargs ? tensorKeys(kwargs[name]) : []));
  return [...byPlace, ...byName];
}

function tensorKeys(argument: Argument): string[] {
  if (argument.kind === 'tensor') return [keyOf(argument)];
  if (argument.kind === 'value') return [];
  return Object.values(argument.items).flatMap(tensorKeys);
}

/** The element type that a layer's policy computes in: `mixed_float16` computes in float16. */
function computeDtype({ config }: Layer): string {
  const policy = config['dtype'];
  const name = typeof policy === 'string' ? policy : policyName(policy);
  return (name ?? 'float32').replace(/^mixed_/, '');
}

function policyName(policy: unknown): string | undefined {
  if (typeof policy !== 'object' || policy === null || !('config' in policy)) return undefined;
  const { config } = policy;
  return typeof config === 'object' && config !== null && 'name' in config && typeof config.name === 'string' ? config.name : undefined;
}
