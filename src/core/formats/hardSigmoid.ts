import { SurgeryError } from '../errors';
import { networkOutputSpecs } from '../inspect/outputShapes';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import type { Layer, Model, Network, Weight } from '../model/model';
import { decodeNumbers, encodeNumbers } from '../weights/decode';
import { withKeys } from './pythonJson';

/** Which `hard_sigmoid` a format means by the name: clip(x / 6 + 1/2) in Keras 3, clip(x / 5 + 1/2) in Keras 2 and TensorFlow.js. */
export type HardSigmoid = 'keras 3' | 'keras 2';

/** How the two are named in a model in memory. */
const names: Readonly<Record<HardSigmoid, string>> = { 'keras 3': 'hard_sigmoid', 'keras 2': 'keras2_hard_sigmoid' };

/** Layers whose activation sees weights times input plus bias: scaled weights scale what it sees. */
const linear = new Set([
  'Dense', 'EinsumDense', 'Conv1D', 'Conv2D', 'Conv3D', 'Conv1DTranspose', 'Conv2DTranspose', 'Conv3DTranspose', 'DepthwiseConv1D', 'DepthwiseConv2D',
  'SeparableConv1D', 'SeparableConv2D', 'SimpleRNN', 'SimpleRNNCell',
]);

/** Which of a recurrent layer's equal blocks of units are gates, in Keras' order. */
const gates: Readonly<Record<string, readonly boolean[]>> = {
  ...Object.fromEntries(['LSTM', 'LSTMCell', 'ConvLSTM1D', 'ConvLSTM2D', 'ConvLSTM3D'].map((name) => [name, [true, true, false, true]])),
  ...Object.fromEntries(['GRU', 'GRUCell'].map((name) => [name, [true, true, false]])),
};

/** The weights that add up to what the activation sees; a separable convolution multiplies two kernels, of which one is scaled. */
const scaled = new Set(['kernel', 'bias', 'depthwise_kernel', 'pointwise_kernel', 'recurrent_kernel']);

/**
 * The model with every `hard_sigmoid` in the meaning and under the name that the format knows. The other meaning is the same
 * function of 6/5 (or 5/6) of its argument: where weights make the argument they are scaled, and an Activation becomes a
 * Sequential of that name which rescales and clips. Anywhere else it is `unsupported`, with the layer's name.
 */
export function asFormatMeans(model: Model, format: HardSigmoid): Model {
  const foreign = format === 'keras 3' ? names['keras 2'] : names['keras 3'];
  const change = format === 'keras 3' ? { foreign, factor: 6 / 5, slope: 1 / 5 } : { foreign, factor: 5 / 6, slope: 1 / 6 };
  return { ...model, root: { ...model.root, network: changedNetwork(model.root.network, '', { ...change, own: names[format] }) } };
}

interface Change {
  /** The name that the format does not know, and the one that it means by `hard_sigmoid`. */
  readonly foreign: string;
  readonly own: string;
  /** What its argument is multiplied by. */
  readonly factor: number;
  /** Of the foreign function between 0 and 1. */
  readonly slope: number;
}

function changedNetwork(network: Network, prefix: string, change: Change): Network {
  const layers = network.layers.map((layer) => {
    const path = prefix + layer.name;
    if (layer.network) return { ...layer, network: changedNetwork(layer.network, `${path}/`, change) };
    return layer.className === 'Activation' && mentions(layer.config, change.foreign) ? clipped(layer, network, change) : changedLayer(layer, path, change);
  });
  return { ...network, layers };
}

function changedLayer(layer: Layer, path: string, change: Change): Layer {
  const parts = Object.hasOwn(insides, layer.className) ? insides[layer.className](layer.config) : [];
  if (parts.length === 0) return mentions(layer.config, change.foreign) ? rescaled(layer, path, change) : { ...layer, config: renamed(layer.config, change.own) };
  const inside = parts.map((part) => changedInside(layer, part, { path, change }));
  const weights = new Map(inside.flatMap((part) => [...part.weights]));
  return {
    ...layer,
    config: withParts(layer.config, inside),
    weights: layer.weights.map((weight) => weights.get(weight) ?? weight),
  };
}

/** A layer inside another one's config, and what stands there before the names of its variables. */
interface Part {
  readonly key: string;
  /** In a list of them. */
  readonly index?: number;
  readonly prefix: string;
}

const insides: Readonly<Record<string, (config: JsonObject) => readonly Part[]>> = {
  TimeDistributed: () => [{ key: 'layer', prefix: '' }],
  Bidirectional: (config) => [{ key: 'layer', prefix: 'forward_' }, { key: isJsonObject(config['backward_layer']) ? 'backward_layer' : 'layer', prefix: 'backward_' }],
  RNN: () => [{ key: 'cell', prefix: '' }],
  StackedRNNCells: ({ cells }) => (Array.isArray(cells) ? cells.map((_, index) => ({ key: 'cells', index, prefix: `cell_${index}_` })) : []),
};

interface ChangedPart {
  readonly part: Part;
  readonly object: Json;
  /** By what they were. */
  readonly weights: ReadonlyMap<Weight, Weight>;
}

function changedInside(layer: Layer, part: Part, { path, change }: { readonly path: string; readonly change: Change }): ChangedPart {
  const { key, index, prefix } = part;
  const held = layer.config[key];
  const object = index === undefined ? held : (held as readonly Json[])[index];
  const config = isJsonObject(object) ? object['config'] : undefined;
  if (!isJsonObject(object) || !isJsonObject(config)) return { part, object: object ?? null, weights: new Map() };
  const own = layer.weights.filter(({ name }) => name.startsWith(prefix));
  const inner: Layer = { ...layer, className: typeof object['class_name'] === 'string' ? object['class_name'] : '', config, weights: own.map((weight) => ({ ...weight, name: weight.name.slice(prefix.length) })) };
  const changed = changedLayer(inner, path, change);
  return {
    part,
    object: withKeys(object, { config: changed.config }),
    weights: new Map(own.map((weight, index) => [weight, { ...changed.weights[index], name: weight.name }])),
  };
}

/** The parts where they stood in the config. */
function withParts(config: JsonObject, inside: readonly ChangedPart[]): JsonObject {
  const lists = new Set(inside.flatMap(({ part }) => (part.index === undefined ? [] : [part.key])));
  return withKeys(config, {
    ...Object.fromEntries(inside.map(({ part, object }) => [part.key, object])),
    ...Object.fromEntries([...lists].map((key) => [key, inside.filter(({ part }) => part.key === key).map(({ object }) => object)])),
  });
}

/** clip(slope x + 1/2, 0, 1) as a Sequential in the place of an Activation. */
function clipped(layer: Layer, network: Network, { slope }: Change): Layer {
  const { name } = layer;
  const shape = networkOutputSpecs(network).layers.get(name)?.[0]?.shape ?? [null];
  const part = (className: string, config: JsonObject): Layer => ({ name: config['name'] as string, className, envelope: { module: 'keras.layers', registered_name: null }, config, trainable: true, weights: [] });
  const layers = [
    part('Rescaling', { name: `${name}_scaled`, trainable: true, dtype: 'float32', scale: slope, offset: 0.5 }),
    part('ReLU', { name: `${name}_clipped`, trainable: true, dtype: 'float32', max_value: 1, negative_slope: 0, threshold: 0 }),
  ];
  const input = { kind: 'tensor', layer: `${name}_input`, call: 0, output: 0 } as const;
  const outputs = layers.map((inner) => ({ kind: 'tensor', layer: inner.name, call: 0, output: 0 }) as const);
  return {
    name, className: 'Sequential', envelope: { module: 'keras', registered_name: null }, config: { name, trainable: true, dtype: 'float32' }, trainable: layer.trainable, weights: [],
    network: {
      kind: 'sequential', layers,
      calls: layers.map((inner, index) => ({ layer: inner.name, call: 0, args: [index === 0 ? input : outputs[index - 1]], kwargs: {} })),
      inputs: [{ name: input.layer, shape, dtype: 'float32', ref: input }],
      outputs: [{ name: outputs[1].layer, ref: outputs[1] }],
    },
  };
}

function rescaled(layer: Layer, path: string, { foreign, factor }: Change): Layer {
  const { className, config } = layer;
  const key = Object.keys(config).filter((name) => mentions(config[name] as JsonObject, foreign));
  const isGate = Object.hasOwn(gates, className) && key.join() === 'recurrent_activation';
  if (isGate) return { ...layer, config: named(config, 'recurrent_activation'), weights: layer.weights.map((weight) => scaleGates(weight, gates[className], factor)) };
  if (linear.has(className) && key.join() === 'activation') {
    return { ...layer, config: named(config, 'activation'), weights: layer.weights.map((weight) => (isScaled(className, weight) ? scale(weight, () => factor) : weight)) };
  }
  throw new SurgeryError('unsupported', 'The format has no name for this hard_sigmoid, and the layer has no weights that could make up for it.', {
    expected: 'an activation that both versions of Keras compute alike', received: 'hard_sigmoid in the meaning of another version of Keras', where: path,
  });
}

function isScaled(className: string, { name }: Weight): boolean {
  return scaled.has(name) && !(className.startsWith('Separable') && name === 'depthwise_kernel');
}

function named(config: JsonObject, key: string): JsonObject {
  return withKeys(config, { [key]: 'hard_sigmoid' });
}

function mentions(value: JsonObject | undefined, name: string): boolean {
  return new RegExp(`"${name}"`).test(JSON.stringify(value ?? null));
}

/** The name in memory back to the one that the format knows. */
function renamed(config: JsonObject, own: string): JsonObject {
  const keys = Object.keys(config).filter((key) => config[key] === own);
  return keys.length === 0 ? config : withKeys(config, Object.fromEntries(keys.map((key) => [key, 'hard_sigmoid'])));
}

/** Blocks of units stand one after the other on the last axis. */
function scaleGates(weight: Weight, blocks: readonly boolean[], factor: number): Weight {
  if (!scaled.has(weight.name)) return weight;
  const width = weight.shape.at(-1) ?? 0;
  const units = width / blocks.length;
  return scale(weight, (index) => (blocks[Math.floor((index % width) / units)] ? factor : 1));
}

function scale(weight: Weight, factor: (index: number) => number): Weight {
  const numbers = decodeNumbers(weight);
  return { ...weight, bytes: encodeNumbers(weight.dtype, Array.from(numbers, (value, index) => value * factor(index))) };
}
