import type { JsonObject } from '../model/json';
import type { Layer, Model, Network, PlacedLayer, TensorRef, Weight } from '../model/model';
import { walkLayers } from '../model/model';
import { parseLayer } from '../layers/registry';
import { decodeNumbers, encodeNumbers } from '../weights/decode';
import { dataOf, editNetwork, findLayer, networkOf, parentPath, tensorsOf } from './edit';
import { requireFit } from './fit';
import type { Operation, OperationDefinition } from './operation';
import { reconnect } from './reconnect';
import { refused } from './refuse';
import { bypass, moveSettings } from './removeLayers';

type Fold = Extract<Operation, { op: 'foldBatchNormalization' }>;

/**
 * Works BatchNormalizations into the convolution or Dense before them, for export: kernel and bias are scaled and shifted as
 * inference does, and the layer goes. All that can be folded where none is named. Refused where nothing can.
 */
export const foldBatchNormalization: OperationDefinition<Fold> = {
  op: 'foldBatchNormalization',
  apply(model, { layers }) {
    const named = layers?.map((path) => findLayer(model, path));
    const candidates = named ?? [...walkLayers(model)].filter(({ layer }) => layer.className === 'BatchNormalization');
    if (candidates.length === 0) throw refused('The model has no BatchNormalization.', { expected: 'a BatchNormalization behind a convolution or Dense', received: 'none' });
    const reasons: string[] = [];
    let current = model;
    for (const { path } of candidates) {
      const found = foldable(findLayer(current, path));
      if (typeof found === 'string') reasons.push(`${path}: ${found}`);
      else current = fold(current, found);
      if (named && typeof found === 'string') throw refused('The layer cannot be folded.', { expected: 'a BatchNormalization that alone reads a linear convolution or Dense', received: found, where: path });
    }
    if (current === model) throw refused('No BatchNormalization can be folded.', { expected: 'one that alone reads a linear convolution or Dense', received: reasons.join('; ') });
    requireFit(current);
    return { model: { ...moveSettings(model, current), optimizerVariables: [] }, undo: model };
  },
};

interface Foldable {
  readonly norm: PlacedLayer;
  /** The layer before it. */
  readonly base: Layer;
}

/** Axis of the outputs in each kernel, counted from the end; of a depthwise one the last two are. */
const outputAxes: Readonly<Record<string, { readonly kernel: string; readonly axes: readonly number[] }>> = {
  Dense: { kernel: 'kernel', axes: [-1] },
  Conv1D: { kernel: 'kernel', axes: [-1] }, Conv2D: { kernel: 'kernel', axes: [-1] }, Conv3D: { kernel: 'kernel', axes: [-1] },
  Conv1DTranspose: { kernel: 'kernel', axes: [-2] }, Conv2DTranspose: { kernel: 'kernel', axes: [-2] }, Conv3DTranspose: { kernel: 'kernel', axes: [-2] },
  SeparableConv1D: { kernel: 'pointwise_kernel', axes: [-1] }, SeparableConv2D: { kernel: 'pointwise_kernel', axes: [-1] },
  DepthwiseConv1D: { kernel: 'kernel', axes: [-2, -1] }, DepthwiseConv2D: { kernel: 'kernel', axes: [-2, -1] },
};

/** The layer before a BatchNormalization, or why it cannot be folded into it. */
function foldable(norm: PlacedLayer): Foldable | string {
  if (norm.layer.className !== 'BatchNormalization') return 'it is no BatchNormalization';
  const network = networkOf(norm);
  const calls = network.calls.filter(({ layer }) => layer === norm.layer.name);
  if (calls.length !== 1) return 'it is shared';
  const reads = dataOf(calls[0]);
  const base = network.layers.find(({ name }) => name === reads[0]?.layer);
  if (reads.length !== 1 || !base || !hasOutputs(base)) return 'it follows no convolution or Dense';
  if (network.calls.filter(({ layer }) => layer === base.name).length !== 1) return `${base.name} is shared`;
  if (!isOnlyReader(network, base, norm.layer)) return `something else reads what ${base.name} gives`;
  if (!isLinear(base.config['activation'])) return `${base.name} has an activation`;
  if (!normalizesChannels(norm, base)) return 'it does not normalize the channels';
  return { norm, base };
}

function hasOutputs({ className, opaque }: Layer): boolean {
  return opaque === undefined && Object.hasOwn(outputAxes, className);
}

function isOnlyReader(network: Network, base: Layer, norm: Layer): boolean {
  const isBase = (ref: TensorRef): boolean => ref.layer === base.name;
  return network.calls.every((call) => call.layer === norm.name || !tensorsOf(call).some(isBase)) && !network.outputs.some(({ ref }) => isBase(ref));
}

function isLinear(activation: unknown): boolean {
  return activation === undefined || activation === null || activation === 'linear';
}

function normalizesChannels({ layer }: PlacedLayer, base: Layer): boolean {
  const axis = Array.isArray(layer.config['axis']) ? (layer.config['axis'] as readonly unknown[])[0] : layer.config['axis'] ?? -1;
  const kernel = base.weights.find(({ name }) => name === outputAxes[base.className].kernel);
  // A kernel has as many axes as what the layer gives; of a Dense the rank is free, so only the last axis is sure.
  const last = base.className === 'Dense' || !kernel ? -1 : kernel.shape.length - 1;
  return base.config['data_format'] === 'channels_first' ? axis === 1 : axis === -1 || axis === last;
}

function fold(model: Model, { norm, base }: Foldable): Model {
  const { scale, shift } = affineOf(norm);
  const folded = withAffine(base, scale, shift);
  const edited = editNetwork(model, parentPath(norm), (network) => {
    const layers = network.layers.filter(({ name }) => name !== norm.layer.name).map((layer) => (layer === base ? folded : layer));
    const rest: Network = { ...network, layers };
    return reconnect(network.kind === 'sequential' ? rest : bypass(rest, new Set([norm.layer.name])));
  });
  return edited;
}

/** y = scale x + shift, one of each for a channel, as inference computes it. */
function affineOf({ layer, path }: PlacedLayer): { readonly scale: Float64Array; readonly shift: Float64Array } {
  const { epsilon } = parseLayer(layer, path).config as { readonly epsilon: number };
  const numbers = (name: string): ArrayLike<number> | undefined => {
    const weight = layer.weights.find((each) => each.name === name);
    return weight && decodeNumbers(weight);
  };
  const [mean, variance, gamma, beta] = [numbers('moving_mean') ?? [], numbers('moving_variance') ?? [], numbers('gamma'), numbers('beta')];
  const scale = Float64Array.from(variance, (each, channel) => (gamma?.[channel] ?? 1) / Math.sqrt(each + epsilon));
  const shift = Float64Array.from(scale, (each, channel) => (beta?.[channel] ?? 0) - mean[channel] * each);
  return { scale, shift };
}

function withAffine(base: Layer, scale: Float64Array, shift: Float64Array): Layer {
  const { kernel: name, axes } = outputAxes[base.className];
  const kernel = base.weights.find((weight) => weight.name === name);
  const bias = base.weights.find((weight) => weight.name === 'bias');
  if (!kernel) return base;
  const old = bias ? decodeNumbers(bias) : new Float32Array(scale.length);
  const moved: Weight = {
    name: 'bias', shape: [scale.length], dtype: kernel.dtype, trainable: true, ...bias,
    bytes: encodeNumbers(bias?.dtype ?? kernel.dtype, Array.from(scale, (factor, channel) => old[channel] * factor + shift[channel])),
  };
  const weights = base.weights.map((weight) => (weight === kernel ? scaled(kernel, axes, scale) : weight === bias ? moved : weight));
  const config: JsonObject = { ...base.config, use_bias: true };
  return { ...base, config, weights: bias ? weights : [...weights, moved] };
}

/** Each number times the factor of the output that it belongs to. */
function scaled(kernel: Weight, axes: readonly number[], scale: Float64Array): Weight {
  const { shape } = kernel;
  const places = axes.map((axis) => shape.length + axis);
  const strideOf = (axis: number): number => shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const numbers = decodeNumbers(kernel);
  const channelOf = (index: number): number => places.reduce((channel, axis) => channel * shape[axis] + (Math.floor(index / strideOf(axis)) % shape[axis]), 0);
  return { ...kernel, bytes: encodeNumbers(kernel.dtype, numbers.map((value, index) => value * scale[channelOf(index)])) };
}
