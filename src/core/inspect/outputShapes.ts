import { SurgeryError } from '../errors';
import type { Argument, Call, Layer, Model, Network } from '../model/model';
import type { KerasShape } from '../layers/layer';
import { parseLayer } from '../layers/registry';

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
  readonly layers: ReadonlyMap<string, readonly TensorSpec[]>;
  readonly outputs: readonly TensorSpec[];
}

const unknown: TensorSpec = { shape: null, dtype: 'float32' };

/** Classes that give the element type that they are given; others compute in that of their policy. */
const keepsDtype = new Set(['Flatten', 'Reshape', 'Identity', 'InputLayer', 'ZeroPadding2D', 'Dropout']);

/**
 * Shapes and element types of every layer's output with the free axes of the inputs. A nested network is computed from its own
 * inputs, as Keras does. Never throws for a model that was read: what cannot be known is `null`.
 */
export function outputSpecs(model: Model): NetworkSpecs {
  return networkOutputSpecs(model.root.network);
}

/** The same of a network alone. */
export function networkOutputSpecs(network: Network): NetworkSpecs {
  const found: Found = { layers: new Map(), reads: new Map() };
  const outputs = networkSpecs(network, '', found);
  return { ...found, outputs };
}

interface Found {
  readonly layers: Map<string, readonly TensorSpec[]>;
  readonly reads: Map<string, readonly KerasShape[]>;
}

function networkSpecs(network: Network, prefix: string, found: Found): TensorSpec[] {
  const known = new Map<string, TensorSpec>();
  for (const { ref, shape, dtype } of network.inputs) known.set(keyOf(ref), { shape, dtype });
  for (const layer of network.layers) {
    const input = known.get(`${layer.name}:0:0`);
    if (input) found.layers.set(prefix + layer.name, [input]);
    if (layer.network) found.layers.set(prefix + layer.name, networkSpecs(layer.network, `${prefix}${layer.name}/`, found));
  }
  const layers = new Map(network.layers.map((layer) => [layer.name, layer]));
  for (const call of network.calls) {
    const layer = layers.get(call.layer);
    const path = prefix + call.layer;
    const specs = layer?.network ? (found.layers.get(path) ?? []) : layer ? layerSpecs(layer, { path, shapes: readShapes(call, known, path, found) }) : [];
    specs.forEach((spec, output) => known.set(keyOf({ ...call, output }), spec));
    if (!found.layers.has(path)) found.layers.set(path, specs);
  }
  return network.outputs.map(({ ref }) => known.get(keyOf(ref)) ?? unknown);
}

function keyOf({ layer, call, output }: { layer: string; call: number; output: number }): string {
  return `${layer}:${call}:${output}`;
}

interface Read {
  readonly path: string;
  /** Shapes and element types of what is read; undefined where one is not known. */
  readonly shapes: { readonly shapes: readonly KerasShape[]; readonly dtype: string } | undefined;
}

function readShapes(call: Call, known: ReadonlyMap<string, TensorSpec>, path: string, { reads }: Found): Read['shapes'] {
  const inputs = call.args.concat(call.kwargs['inputs'] ?? []).flatMap(tensorKeys).map((key) => known.get(key) ?? unknown);
  const shapes = inputs.flatMap(({ shape }) => (shape ? [shape] : []));
  if (shapes.length !== inputs.length) return undefined;
  if (!reads.has(path)) reads.set(path, shapes);
  return { shapes, dtype: inputs[0]?.dtype ?? 'float32' };
}

function layerSpecs(layer: Layer, { path, shapes: read }: Read): TensorSpec[] {
  if (!read) return [unknown];
  try {
    const { definition, config } = parseLayer(layer, path);
    const dtype = keepsDtype.has(layer.className) ? read.dtype : computeDtype(layer);
    return definition.outputShapes(config, read.shapes).map((shape) => ({ shape, dtype }));
  } catch (thrown) {
    if (thrown instanceof SurgeryError) return [unknown];
    throw thrown;
  }
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
