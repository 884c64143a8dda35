import { SurgeryError } from '../errors';
import type { Json, JsonObject } from '../model/json';
import type { Layer } from '../model/model';

/** Classes that TensorFlow.js 4.22 has, computes as Keras does, and names the variables of as Keras does. */
const classes = new Set([
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

/** Throws `unsupported`, with the layer's name, for a layer that TensorFlow.js lacks or would compute otherwise. */
export function requireTfjsLayer(layer: Layer, path: string): void {
  const { className, config, network, opaque, keptWeights } = layer;
  if (network) return;
  if (opaque !== undefined || !classes.has(className)) throw refused('TensorFlow.js has no such layer.', className, path);
  if (keptWeights?.some(({ tensor }) => tensor && /float/.test(tensor.dtype))) throw refused('The variables of the layer have no place in this format.', className, path);
  requireActivations(config, path);
  // There the slope is what the layer is for.
  if (className !== 'LeakyReLU') requireFixed(config, path);
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
