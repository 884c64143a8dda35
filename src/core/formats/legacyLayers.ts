import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import { withKeys, withoutKeys } from './pythonJson';

/** Keys that Keras 2 put into any layer and that Keras 3 does not take there. */
const inputKeys = ['batch_input_shape', 'input_shape', 'input_dim', 'input_length'];

/** The config of a layer of Keras 2 in the words of Keras 3. Keys that are the same, or unknown, stay as they are. */
export function modernLayerConfig(className: string, config: JsonObject): JsonObject {
  if (className === 'InputLayer') return inputLayer(config);
  if (config['time_major'] === true) throw new SurgeryError('unsupported', 'Keras 3 has no layer whose first axis is time.', { expected: 'time_major false', received: 'time_major true', where: className });
  const plain = withoutKeys(config, [...(className === 'Embedding' ? inputKeys.filter((key) => key !== 'input_dim') : inputKeys), 'time_major']);
  const modern = withKeys(plain, changedValues(plain));
  const own = Object.hasOwn(byClass, className) ? byClass[className] : undefined;
  return own ? own(modern) : modern;
}

function inputLayer(config: JsonObject): JsonObject {
  const key = 'batch_shape' in config ? 'batch_shape' : 'batch_input_shape';
  const rest = withoutKeys(config, ['batch_input_shape']);
  return key in config ? withKeys(rest, { batch_shape: config[key] }) : rest;
}

/** What differs by the key or by the form of the value, whatever the class. */
function changedValues(config: JsonObject): JsonObject {
  const changed: Record<string, Json> = {};
  for (const key of Object.keys(config)) {
    const value = config[key];
    const next = modernValue(key, value);
    if (next !== value) changed[key] = next;
  }
  return changed;
}

function modernValue(key: string, value: Json): Json {
  if (key === 'dtype') return policyName(value);
  if (key.endsWith('activation')) return activation(value);
  return key.endsWith('_initializer') ? initializer(value) : value;
}

/** `{class_name: "Policy", config: {name}}` */
function policyName(value: Json): Json {
  const config = isJsonObject(value) ? value['config'] : undefined;
  return isJsonObject(config) && typeof config['name'] === 'string' ? config['name'] : value;
}

/** `hard_sigmoid` was clip(x / 5 + 1/2) and is clip(x / 6 + 1/2): it keeps what it meant when the model was trained. */
function activation(value: Json): Json {
  const name = isJsonObject(value) && value['class_name'] === 'function' ? value['config'] : value;
  return name === 'hard_sigmoid' ? 'keras2_hard_sigmoid' : value;
}

/** The early versions of TensorFlow wrote an element type into it; `normal` was cut off at two deviations. */
function initializer(value: Json): Json {
  const config = isJsonObject(value) ? value['config'] : undefined;
  if (!isJsonObject(value) || !isJsonObject(config)) return value;
  const plain = 'dtype' in config ? withoutKeys(config, ['dtype']) : config;
  const modern = plain['distribution'] === 'normal' ? withKeys(plain, { distribution: 'truncated_normal' }) : plain;
  return modern === config ? value : withKeys(value, { config: modern });
}

/** Classes that inherited `groups` from a convolution in Keras 2 and do not take it in Keras 3. */
const ungrouped = [
  'Conv1DTranspose', 'Conv2DTranspose', 'Conv3DTranspose', 'DepthwiseConv1D', 'DepthwiseConv2D', 'SeparableConv1D', 'SeparableConv2D',
];

const random = ['RandomBrightness', 'RandomContrast', 'RandomCrop', 'RandomFlip', 'RandomHeight', 'RandomRotation', 'RandomTranslation', 'RandomWidth', 'RandomZoom'];

/** The kernels of the separable ones have initializers of their own. */
function withoutOneGroup(config: JsonObject): JsonObject {
  const plain = config['groups'] === 1 ? withoutKeys(config, ['groups']) : config;
  return 'depthwise_initializer' in plain ? withoutKeys(plain, ['kernel_initializer', 'kernel_regularizer', 'kernel_constraint']) : plain;
}

/** Keras 2 turned the layer round for the other direction; Keras 3 takes it to read forwards, and has to be told of one that does not. */
function withBothDirections(config: JsonObject): JsonObject {
  const { layer, backward_layer: backward } = config;
  const inner = isJsonObject(layer) ? layer['config'] : undefined;
  if (!isJsonObject(layer) || !isJsonObject(inner) || inner['go_backwards'] !== true || isJsonObject(backward)) return config;
  const name = typeof inner['name'] === 'string' ? { name: `backward_${inner['name']}` } : {};
  return withKeys(config, { backward_layer: withKeys(layer, { config: withKeys(inner, { ...name, go_backwards: false }) }) });
}

/** Where it is off, Keras 3 does not take the word; where it is on, the layer is refused by it. */
function withoutCausal(config: JsonObject): JsonObject {
  return config['causal'] === false ? withoutKeys(config, ['causal']) : config;
}

const byClass: Readonly<Record<string, (config: JsonObject) => JsonObject>> = {
  /** A list of one axis; switches of the fused kernel, which change nothing. */
  BatchNormalization: (config) => {
    const { axis } = config;
    const plain = config['renorm'] === true ? config : withoutKeys(config, ['fused', 'virtual_batch_size', 'renorm', 'renorm_clipping', 'renorm_momentum']);
    return Array.isArray(axis) && axis.length === 1 ? withKeys(plain, { axis: (axis as readonly Json[])[0] ?? -1 }) : plain;
  },
  LeakyReLU: (config) => ('alpha' in config ? withKeys(withoutKeys(config, ['alpha']), { negative_slope: number(config['alpha']) }) : config),
  ELU: (config) => ('alpha' in config ? withKeys(config, { alpha: number(config['alpha']) }) : config),
  /** What was ThresholdedReLU's `theta` is a threshold. */
  ReLU: (old) => {
    const config = 'theta' in old ? withKeys(withoutKeys(old, ['theta']), { threshold: old['theta'] ?? 1 }) : old;
    return withKeys(config, Object.fromEntries(['max_value', 'negative_slope', 'threshold'].filter((key) => key in config).map((key) => [key, number(config[key])])));
  },
  /** Before 2.1 it had no such switch, and computed as if it were off. */
  GRU: (config) => ('reset_after' in config ? config : withKeys(config, { reset_after: false })),
  LSTM: (config) => withoutKeys(config, ['implementation']),
  Bidirectional: withBothDirections,
  Attention: withoutCausal,
  AdditiveAttention: withoutCausal,
  GRUCell: (config) => ('reset_after' in config ? config : withKeys(config, { reset_after: false })),
  /** Shapes of its inputs, which Keras 3 takes from the call. */
  MultiHeadAttention: (config) => withoutKeys(config, ['query_shape', 'key_shape', 'value_shape', 'softmax_robust_masking']),
  ...Object.fromEntries(['SpatialDropout1D', 'SpatialDropout2D', 'SpatialDropout3D'].map((name) => [name, (config: JsonObject) => withoutKeys(config, ['noise_shape'])])),
  ...Object.fromEntries(ungrouped.map((name) => [name, withoutOneGroup])),
  ...Object.fromEntries(random.map((name) => [name, (config: JsonObject) => withoutKeys(config, ['rng_type'])])),
};

/** Keras 2.0 wrote numbers of these layers as numpy arrays: `{type: "ndarray", value: 0.3}`. */
function number(value: Json | undefined): Json {
  return isJsonObject(value) && 'value' in value ? value['value'] : value ?? null;
}
