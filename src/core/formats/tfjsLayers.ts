import { SurgeryError } from '../errors';
import type { KerasShape } from '../layers/layer';
import type { Json, JsonObject } from '../model/json';
import type { Layer } from '../model/model';
import { requireTfjsObjects } from './tfjsObjects';

/** Classes that TensorFlow.js 4.22 has, computes as Keras does, and names the variables of as Keras does. */
export const tfjsClasses: ReadonlySet<string> = new Set([
  'InputLayer', 'Dense', 'Activation', 'Flatten', 'Reshape', 'Permute', 'RepeatVector', 'Masking', 'Embedding', 'Dropout', 'SpatialDropout1D', 'GaussianDropout', 'GaussianNoise', 'AlphaDropout',
  'Conv1D', 'Conv2D', 'Conv2DTranspose', 'DepthwiseConv2D', 'SeparableConv2D', 'Cropping2D', 'UpSampling2D', 'ZeroPadding2D', 'Conv3D',
  'MaxPooling1D', 'MaxPooling2D', 'AveragePooling1D', 'AveragePooling2D', 'GlobalAveragePooling1D', 'GlobalAveragePooling2D', 'GlobalMaxPooling1D', 'GlobalMaxPooling2D',
  'Add', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Concatenate', 'Dot', 'BatchNormalization', 'LayerNormalization',
  'ReLU', 'LeakyReLU', 'PReLU', 'ELU', 'Softmax', 'Rescaling', 'SimpleRNN', 'LSTM', 'GRU',
]);

const activations = new Set([
  'elu', 'selu', 'relu', 'relu6', 'linear', 'sigmoid', 'hard_sigmoid', 'softplus', 'softsign', 'tanh', 'softmax', 'log_softmax', 'silu', 'swish', 'mish', 'gelu',
]);

/** Settings that TensorFlow.js does not look at, and the value at which that is right. */
const fixed: readonly (readonly [string, readonly Json[]])[] = [
  ['groups', [1]], ['negative_slope', [0]], ['threshold', [0]], ['reset_after', [false]], ['stateful', [false]], ['data_format', ['channels_last', null]],
];

type Refused = string | undefined;

/** What TensorFlow.js fails at or computes otherwise, class by class: each was seen with a golden of Keras (test/unit/node/jobs/exportLayers.test.ts). */
const limits: Readonly<Record<string, (config: JsonObject, inputs: readonly KerasShape[]) => Refused>> = {
  BatchNormalization: ({ axis }, inputs) => (isLast(axis, inputs) ? undefined : 'an axis that is not the last'),
  Conv1D: ({ padding }) => (padding === 'causal' ? 'causal padding' : undefined),
  Conv2DTranspose: ({ output_padding: padding = null }) => (padding === null ? undefined : 'output_padding'),
  DepthwiseConv2D: ({ dilation_rate: rate = 1 }) => ((Array.isArray(rate) ? rate : [rate]).every((step) => step === 1) ? undefined : 'dilation'),
  Dot: (_config, inputs) => (inputs.every(({ length }) => length <= 3) ? undefined : 'inputs of four axes or more'),
  ELU: ({ alpha = 1 }) => (alpha === 1 ? undefined : 'alpha'),
  Flatten: (_config, inputs) => (inputs.every(({ length }) => length >= 3) ? undefined : 'an input of fewer than three axes'),
  InputLayer: ({ batch_shape: shape }) => (Array.isArray(shape) && shape.length === 1 ? 'no axis but the batch' : undefined),
  LayerNormalization: ({ rms_scaling: rms = false }) => (rms === false ? undefined : 'rms_scaling'),
  Softmax: ({ axis = -1 }, inputs) => (isLast(axis, inputs) ? undefined : 'an axis that is not the last'),
  UpSampling2D: ({ interpolation = 'nearest' }) => (interpolation === 'nearest' ? undefined : 'interpolation between pixels'),
};

function isLast(axis: Json | undefined, inputs: readonly KerasShape[]): boolean {
  const [only] = Array.isArray(axis) ? (axis as readonly Json[]) : [axis ?? -1];
  return only === -1 || (inputs.length > 0 && only === inputs[0].length - 1);
}

/**
 * Throws `unsupported`, with the layer's name, for a layer that TensorFlow.js lacks or would compute otherwise. `inputs` are the shapes
 * that it reads, as far as they are known.
 */
export function requireTfjsLayer(layer: Layer, path: string, inputs: readonly KerasShape[]): void {
  const { className, config, network, opaque, keptWeights } = layer;
  if (network) return;
  if (opaque !== undefined || !tfjsClasses.has(className)) throw refused('TensorFlow.js has no such layer.', className, path);
  if (keptWeights?.some(({ tensor }) => tensor && /float/.test(tensor.dtype))) throw refused('The variables of the layer have no place in this format.', className, path);
  const limit = Object.hasOwn(limits, className) ? limits[className](config, inputs) : undefined;
  if (limit !== undefined) throw refused('TensorFlow.js cannot compute this layer as Keras does.', `${className} with ${limit}`, path);
  requireActivations(config, path);
  requireTfjsObjects(config, path);
  // There the slope is what the layer is for.
  if (className !== 'LeakyReLU') requireFixed(config, path);
}

/** What TensorFlow.js calls a variable of Keras 3. */
export function tfjsVariable(className: string, name: string): string {
  return className === 'DepthwiseConv2D' && name === 'kernel' ? 'depthwise_kernel' : name;
}

function requireActivations(config: JsonObject, path: string): void {
  for (const key of ['activation', 'recurrent_activation']) {
    const value = config[key] ?? 'linear';
    if (typeof value !== 'string' || !activations.has(value)) throw refused('TensorFlow.js has no such activation.', JSON.stringify(value), `${path}.${key}`);
  }
}

function requireFixed(config: JsonObject, path: string): void {
  for (const [key, allowed] of fixed) {
    if (!(key in config) || allowed.includes(config[key])) continue;
    throw refused(`TensorFlow.js does not have this ${key}.`, JSON.stringify(config[key]), `${path}.${key}`);
  }
}

function refused(message: string, received: string, where: string): SurgeryError {
  return new SurgeryError('unsupported', message, { expected: 'a layer of TensorFlow.js 4', received, where });
}
