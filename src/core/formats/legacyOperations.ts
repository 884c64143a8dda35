import { isJsonObject, type Json, type JsonObject } from '../model/json';

/** A call of an operation of Keras 3 that says what a TensorFlow function says. */
interface Said {
  readonly className: string;
  readonly module: 'numpy' | 'nn' | 'core' | 'math' | 'image' | 'linalg';
  readonly args: readonly Json[];
  readonly config?: JsonObject;
}

/** What a call of a TensorFlow function is given: the first argument by place, the others by TensorFlow's names. */
export interface FunctionCall {
  readonly first: Json;
  readonly kwargs: JsonObject;
}

type Translate = (call: FunctionCall) => Said | undefined;

const said = (module: Said['module'], className: string, args: readonly Json[], config: JsonObject = {}): Said => ({ module, className, args, config });

const numpy = (className: string, args: readonly Json[], config: JsonObject = {}): Said => said('numpy', className, args, config);

/** Refused where an argument has a value that Keras 3 cannot say. */
function only(call: FunctionCall, name: string, ...allowed: readonly Json[]): boolean {
  const value = call.kwargs[name] ?? null;
  return value === null || allowed.includes(value);
}

const unary = (className: string, module: Said['module'] = 'numpy', config: JsonObject = {}): Translate => ({ first }) => said(module, className, [first], config);
const binary = (className: string): Translate => ({ first, kwargs }) => ('y' in kwargs ? numpy(className, [first, kwargs['y']]) : undefined);

/** TensorFlow's old and new names of an axis and of what is kept. */
const axisOf = ({ kwargs }: FunctionCall): Json => kwargs['axis'] ?? kwargs['reduction_indices'] ?? null;
const keptOf = ({ kwargs }: FunctionCall): boolean => (kwargs['keepdims'] ?? kwargs['keep_dims']) === true;

const reduce = (className: string, more: JsonObject = {}): Translate => (call) => numpy(className, [call.first], { axis: axisOf(call), keepdims: keptOf(call), ...more });
const reduceIn = (module: Said['module'], className: string): Translate => (call) => said(module, className, [call.first], { axis: axisOf(call), keepdims: keptOf(call) });
const extreme = (className: string): Translate => (call) => numpy(className, [call.first], { axis: call.kwargs['axis'] ?? call.kwargs['dimension'] ?? 0, keepdims: false });

/** `tf.float32`, `float32` */
const dtypeOf = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value.replace(/^(tf\.|<dtype: '|')/, '').replace(/'>?$/, '') : undefined);

const softmax = (className: string): Translate => ({ first, kwargs }) => said('nn', className, [first], { axis: kwargs['axis'] ?? -1 });

function matmul(call: FunctionCall): Said | undefined {
  const flags = ['transpose_a', 'transpose_b', 'adjoint_a', 'adjoint_b', 'a_is_sparse', 'b_is_sparse', 'output_type'];
  const plain = flags.every((name) => only(call, name, false));
  if (plain) return numpy('Matmul', [call.first, call.kwargs['b']]);
  const [a, b] = ['transpose_a', 'transpose_b'].map((name) => call.kwargs[name] === true);
  if (!flags.slice(2).every((name) => only(call, name, false))) return undefined;
  return numpy('Einsum', [call.first, call.kwargs['b']], { subscripts: `...${a ? 'ji' : 'ij'},...${b ? 'kj' : 'jk'}->...ik` });
}

function concat({ first, kwargs }: FunctionCall): Said | undefined {
  const axis = kwargs['axis'];
  return Array.isArray(first) && typeof axis === 'number' ? numpy('Concatenate', [first], { axis }) : undefined;
}

function split({ first, kwargs }: FunctionCall): Said | undefined {
  const parts = kwargs['num_or_size_splits'];
  const axis = kwargs['axis'] ?? 0;
  if (typeof parts === 'number') return numpy('Split', [first], { indices_or_sections: parts, axis });
  if (!Array.isArray(parts) || (parts as readonly Json[]).some((size) => typeof size !== 'number' || size < 0)) return undefined;
  let end = 0;
  const ends = (parts as readonly number[]).slice(0, -1).map((size) => (end += size));
  return numpy('Split', [first], { indices_or_sections: ends, axis });
}

function pad(call: FunctionCall): Said | undefined {
  const { first, kwargs } = call;
  const mode = kwargs['mode'] ?? 'CONSTANT';
  if (mode === 'REFLECT' || mode === 'SYMMETRIC') return said('numpy', 'Pad', [first], { pad_width: kwargs['paddings'], mode: mode.toLowerCase() });
  if (mode !== 'CONSTANT') return undefined;
  return said('numpy', 'Pad', [first, kwargs['constant_values'] ?? 0], { pad_width: kwargs['paddings'], mode: 'constant' });
}

function gather(call: FunctionCall): Said | undefined {
  const { first, kwargs } = call;
  if (!only(call, 'batch_dims', 0) || (kwargs['axis'] ?? null) === null) return undefined;
  return numpy('Take', [first, kwargs['indices']], { axis: kwargs['axis'] });
}

function resize(call: FunctionCall): Said | undefined {
  const { first, kwargs } = call;
  const method = kwargs['method'] ?? 'bilinear';
  const known = typeof method === 'string' && ['nearest', 'bilinear', 'bicubic', 'lanczos3', 'lanczos5'].includes(method);
  if (!known || !only(call, 'preserve_aspect_ratio', false)) return undefined;
  const antialias = kwargs['antialias'] === true;
  return said('image', 'Resize', [first], {
    size: kwargs['size'], interpolation: method, antialias, crop_to_aspect_ratio: false, pad_to_aspect_ratio: false, fill_mode: 'constant', fill_value: 0, data_format: 'channels_last',
  });
}

function oneHot(call: FunctionCall): Said | undefined {
  const { first, kwargs } = call;
  if (!only(call, 'on_value', 1) || !only(call, 'off_value', 0)) return undefined;
  return said('nn', 'OneHot', [first], { num_classes: kwargs['depth'], axis: kwargs['axis'] ?? -1, dtype: dtypeOf(kwargs['dtype']) ?? 'float32', sparse: false });
}

function norm(call: FunctionCall): Said | undefined {
  const order = call.kwargs['ord'] ?? 'euclidean';
  const axis = call.kwargs['axis'] ?? null;
  if (order !== 'euclidean' && order !== 2 && order !== 1) return undefined;
  return said('linalg', 'Norm', [call.first], { ord: order === 1 ? 1 : null, axis, keepdims: keptOf(call) });
}

function cumsum(call: FunctionCall): Said | undefined {
  return only(call, 'exclusive', false) && only(call, 'reverse', false) ? numpy('Cumsum', [call.first], { axis: call.kwargs['axis'] ?? 0, dtype: null }) : undefined;
}

/** The batch size is all that a shape of tensors can hold: it is what is left. */
function reshape({ first, kwargs }: FunctionCall): Said {
  const shape = kwargs['shape'];
  const items = Array.isArray(shape) ? (shape as readonly Json[]) : [];
  const [computed, left] = [items.filter((item) => typeof item === 'object' && item !== null), items.filter((item) => item === -1)];
  if (computed.length !== 1 || left.length > 0) return numpy('Reshape', [first], { newshape: shape });
  return numpy('Reshape', [first], { newshape: items.map((item) => (typeof item === 'number' ? item : -1)) });
}

/** Height and width of a size that TensorFlow gives as one number, two, or with batch and channels; undefined for anything else. */
function plane(size: Json | undefined): readonly [number, number] | undefined {
  const list = (Array.isArray(size) ? size : [size, size]) as readonly Json[];
  const pair = list.length === 4 && list[0] === 1 && list[3] === 1 ? list.slice(1, 3) : list;
  const [height, width] = pair;
  return pair.length === 2 && typeof height === 'number' && typeof width === 'number' ? [height, width] : undefined;
}

/** What slides over `[batch, height, width, channels]`: the settings that all such operations of Keras 3 share. */
function sliding(call: FunctionCall): { readonly strides: readonly number[]; readonly padding: string } | undefined {
  const [strides, padding] = [plane(call.kwargs['strides']), call.kwargs['padding']];
  return strides && (padding === 'VALID' || padding === 'SAME') && lastChannels(call) ? { strides, padding: padding.toLowerCase() } : undefined;
}

const pool = (className: string): Translate => (call) => {
  const [size, windows] = [plane(call.kwargs['ksize']), sliding(call)];
  return size && windows ? said('nn', className, [call.first], { pool_size: size, ...windows, data_format: 'channels_last' }) : undefined;
};

function conv(call: FunctionCall): Said | undefined {
  const [rate, windows] = [plane(call.kwargs['dilations'] ?? 1), sliding(call)];
  return rate && windows ? said('nn', 'Conv', [call.first, call.kwargs['filter'] ?? call.kwargs['filters']], { ...windows, data_format: 'channels_last', dilation_rate: rate }) : undefined;
}

function patches(call: FunctionCall): Said | undefined {
  const [size, rate, windows] = [plane(call.kwargs['sizes']), plane(call.kwargs['rates']), sliding(call)];
  return size && rate && windows ? said('image', 'ExtractPatches', [call.first], { size, ...windows, dilation_rate: rate, data_format: 'channels_last' }) : undefined;
}

const ordered = (className: string): Translate => (call) => (only(call, 'direction', 'ASCENDING') ? numpy(className, [call.first], { axis: call.kwargs['axis'] ?? -1 }) : undefined);

/** The triangles alone; other bands Keras 3 cannot say. */
function band({ first, kwargs }: FunctionCall): Said | undefined {
  const [lower, upper] = [kwargs['num_lower'], kwargs['num_upper']];
  if (lower === -1 && upper === 0) return numpy('Tril', [first], { k: 0 });
  return lower === 0 && upper === -1 ? numpy('Triu', [first], { k: 0 }) : undefined;
}

/** The key of `x[key]`, as Keras 3 writes it. */
function getItem({ first, kwargs }: FunctionCall): Said | undefined {
  const spec = kwargs['slice_spec'] ?? null;
  const items = Array.isArray(spec) ? (spec as readonly Json[]) : [spec];
  const key = items.map((item): Json | undefined => {
    if (item === 'Ellipsis' || (isJsonObject(item) && item['class_name'] === '__ellipsis__')) return { class_name: '__ellipsis__', config: {} };
    if (isJsonObject(item) && 'start' in item) return { class_name: '__slice__', config: { start: item['start'], stop: item['stop'] ?? null, step: item['step'] ?? null } };
    return item === null || typeof item === 'number' ? item : undefined;
  });
  return key.includes(undefined) ? undefined : numpy('GetItem', [first, key as Json]);
}

/** The axes of an operation of images that are not the last: anything else is not said. */
const lastChannels = (call: FunctionCall): boolean => only(call, 'data_format', 'NHWC', 'N...C', 'channels_last');

const table: Readonly<Record<string, Translate>> = {
  '__operators__.add': binary('Add'), 'math.add': binary('Add'), 'math.subtract': binary('Subtract'), 'math.multiply': binary('Multiply'),
  'math.divide': binary('TrueDivide'), 'math.truediv': binary('TrueDivide'), 'realdiv': binary('TrueDivide'), 'math.floordiv': binary('FloorDivide'), 'compat.v1.floor_div': binary('FloorDivide'),
  'math.divide_no_nan': binary('DivideNoNan'), 'math.floormod': binary('Mod'), 'math.pow': binary('Power'), 'math.maximum': binary('Maximum'), 'math.minimum': binary('Minimum'),
  'math.negative': unary('Negative'), 'math.abs': unary('Absolute'), 'math.square': unary('Square'), 'math.sqrt': unary('Sqrt'), 'math.rsqrt': unary('Rsqrt', 'math'),
  'math.reciprocal': unary('Reciprocal'), 'math.exp': unary('Exp'), 'math.expm1': unary('Expm1'), 'math.log': unary('Log'), 'math.log1p': unary('Log1p'), 'math.sin': unary('Sin'),
  'math.cos': unary('Cos'), 'math.tan': unary('Tan'), 'math.sinh': unary('Sinh'), 'math.cosh': unary('Cosh'), 'math.tanh': unary('Tanh'), 'math.erf': unary('Erf', 'math'),
  'math.floor': unary('Floor'), 'math.ceil': unary('Ceil'), 'math.round': unary('Round', 'numpy', { decimals: 0 }), 'math.sign': unary('Sign'), 'math.is_nan': unary('Isnan'),
  'clip_by_value': ({ first, kwargs }) => numpy('Clip', [first], { x_min: kwargs['clip_value_min'] ?? kwargs['min'] ?? null, x_max: kwargs['clip_value_max'] ?? kwargs['max'] ?? null }),
  'math.greater': binary('Greater'), 'math.greater_equal': binary('GreaterEqual'), 'math.less': binary('Less'), 'math.less_equal': binary('LessEqual'), 'math.equal': binary('Equal'),
  '__operators__.eq': ({ first, kwargs }) => numpy('Equal', [first, kwargs['other']]), '__operators__.ne': ({ first, kwargs }) => numpy('NotEqual', [first, kwargs['other']]),
  'math.not_equal': binary('NotEqual'), 'math.logical_and': binary('LogicalAnd'), 'math.logical_or': binary('LogicalOr'), 'math.logical_xor': binary('LogicalXor'),
  'math.logical_not': unary('LogicalNot'),
  'where': ({ first, kwargs }) => ('x' in kwargs && 'y' in kwargs ? numpy('Where', [first, kwargs['x'], kwargs['y']]) : undefined),
  'math.reduce_sum': reduce('Sum'), 'math.reduce_mean': reduce('Mean'), 'math.reduce_max': reduce('Max', { initial: null }), 'math.reduce_min': reduce('Min', { initial: null }),
  'math.reduce_variance': reduce('Var'), 'math.reduce_std': reduce('Std'), 'math.reduce_any': reduce('Any'), 'math.reduce_all': reduce('All'),
  'math.reduce_logsumexp': reduceIn('math', 'Logsumexp'), 'math.argmax': extreme('Argmax'), 'math.argmin': extreme('Argmin'), 'math.cumsum': cumsum, 'compat.v1.norm': norm, 'norm': norm,
  'math.l2_normalize': ({ first, kwargs }) => said('nn', 'Normalize', [first], { axis: kwargs['axis'] ?? kwargs['dim'] ?? null, order: 2, epsilon: Math.sqrt(typeof kwargs['epsilon'] === 'number' ? kwargs['epsilon'] : 1e-12) }),
  'concat': concat, 'stack': ({ first, kwargs }) => (Array.isArray(first) ? numpy('Stack', [first], { axis: kwargs['axis'] ?? 0 }) : undefined), 'split': split,
  'unstack': ({ first, kwargs }) => said('core', 'Unstack', [first], { num: null, axis: kwargs['axis'] ?? 0 }),
  'reshape': reshape,
  'compat.v1.transpose': ({ first, kwargs }) => numpy('Transpose', [first], { axes: kwargs['perm'] ?? null }), 'transpose': ({ first, kwargs }) => numpy('Transpose', [first], { axes: kwargs['perm'] ?? null }),
  'expand_dims': ({ first, kwargs }) => numpy('ExpandDims', [first], { axis: kwargs['axis'] }), 'compat.v1.squeeze': (call) => numpy('Squeeze', [call.first], { axis: axisOf(call) }),
  'squeeze': (call) => numpy('Squeeze', [call.first], { axis: axisOf(call) }), 'tile': ({ first, kwargs }) => numpy('Tile', [first], { repeats: kwargs['multiples'] }),
  'repeat': ({ first, kwargs }) => numpy('Repeat', [first], { repeats: kwargs['repeats'], axis: kwargs['axis'] ?? null }), 'reverse': ({ first, kwargs }) => numpy('Flip', [first], { axis: kwargs['axis'] }),
  'compat.v1.pad': pad, 'pad': pad, 'compat.v1.gather': gather, 'gather': gather, 'broadcast_to': ({ first, kwargs }) => numpy('BroadcastTo', [first], { shape: kwargs['shape'] }),
  'cast': ({ first, kwargs }) => said('core', 'Cast', [first], { dtype: dtypeOf(kwargs['dtype']) ?? null }), 'identity': unary('Copy'),
  'zeros_like': unary('ZerosLike'), 'ones_like': unary('OnesLike'), 'compat.v1.zeros_like': unary('ZerosLike'), 'compat.v1.ones_like': unary('OnesLike'),
  'linalg.matmul': matmul, 'linalg.matvec': (call) => (only(call, 'transpose_a', false) ? numpy('Einsum', [call.first, call.kwargs['b']], { subscripts: '...ij,...j->...i' }) : undefined),
  'tensordot': ({ first, kwargs }) => numpy('Tensordot', [first, kwargs['b']], { axes: kwargs['axes'] }),
  'nn.relu': unary('Relu', 'nn'), 'nn.relu6': unary('Relu6', 'nn'), 'nn.elu': unary('Elu', 'nn', { alpha: 1 }), 'nn.selu': unary('Selu', 'nn'), 'nn.silu': unary('Silu', 'nn'),
  'nn.swish': unary('Silu', 'nn'), 'math.sigmoid': unary('Sigmoid', 'nn'), 'nn.sigmoid': unary('Sigmoid', 'nn'), 'nn.tanh': unary('Tanh'), 'math.softplus': unary('Softplus', 'nn'),
  'nn.softplus': unary('Softplus', 'nn'), 'nn.softsign': unary('Softsign', 'nn'), 'nn.softmax': softmax('Softmax'), 'nn.log_softmax': softmax('LogSoftmax'), 'math.log_sigmoid': unary('LogSigmoid', 'nn'),
  'nn.leaky_relu': ({ first, kwargs }) => said('nn', 'LeakyRelu', [first], { negative_slope: kwargs['alpha'] ?? 0.2 }),
  'nn.gelu': ({ first, kwargs }) => said('nn', 'Gelu', [first], { approximate: kwargs['approximate'] === true }),
  'nn.bias_add': (call) => (lastChannels(call) ? numpy('Add', [call.first, call.kwargs['bias']]) : undefined),
  'one_hot': oneHot, 'image.resize': resize,
  'nn.depth_to_space': (call) => (lastChannels(call) ? said('nn', 'DepthToSpace', [call.first], { block_size: call.kwargs['block_size'], data_format: 'channels_last' }) : undefined),
  'nn.space_to_depth': (call) => (lastChannels(call) ? said('nn', 'SpaceToDepth', [call.first], { block_size: call.kwargs['block_size'], data_format: 'channels_last' }) : undefined),
  '__operators__.getitem': getItem,
  'math.asin': unary('Arcsin'), 'math.acos': unary('Arccos'), 'math.atan': unary('Arctan'), 'math.asinh': unary('Arcsinh'), 'math.acosh': unary('Arccosh'), 'math.atanh': unary('Arctanh'),
  'math.atan2': ({ first, kwargs }) => numpy('Arctan2', [first, kwargs['x']]), 'math.erfc': unary('Erfc', 'math'), 'math.erfinv': unary('Erfinv', 'math'), 'math.bessel_i0': unary('I0'),
  'math.rint': unary('Round', 'numpy', { decimals: 0 }), 'math.is_inf': unary('Isinf'), 'math.is_finite': unary('Isfinite'), 'math.reciprocal_no_nan': ({ first }) => numpy('DivideNoNan', [1, first]),
  'compat.v1.math.scalar_mul': ({ first, kwargs }) => numpy('Multiply', [first, kwargs['x']]), 'math.scalar_mul': ({ first, kwargs }) => numpy('Multiply', [first, kwargs['x']]),
  'math.reduce_prod': reduce('Prod', { dtype: null }), 'math.reduce_euclidean_norm': reduceIn('linalg', 'Norm'),
  'math.count_nonzero': (call) => (keptOf(call) ? undefined : numpy('CountNonzero', [call.first], { axis: axisOf(call) })),
  'math.cumprod': (call) => (only(call, 'exclusive', false) && only(call, 'reverse', false) ? numpy('Cumprod', [call.first], { axis: call.kwargs['axis'] ?? 0, dtype: null }) : undefined),
  'sort': ordered('Sort'), 'argsort': ordered('Argsort'), 'math.top_k': ({ first, kwargs }) => said('math', 'TopK', [first], { k: kwargs['k'] ?? 1, sorted: true }),
  'math.in_top_k': ({ first, kwargs }) => said('math', 'InTopK', [first, kwargs['predictions']], { k: kwargs['k'] }),
  'roll': ({ first, kwargs }) => numpy('Roll', [first], { shift: kwargs['shift'], axis: kwargs['axis'] }), 'ensure_shape': unary('Copy'), 'stop_gradient': unary('StopGradient', 'core'),
  'linalg.band_part': band, 'linalg.diag_part': (call) => (only(call, 'k', 0) ? numpy('Diagonal', [call.first], { offset: 0, axis1: -2, axis2: -1 }) : undefined),
  'linalg.trace': unary('Trace', 'numpy', { offset: 0, axis1: -2, axis2: -1 }), 'linalg.det': unary('Det', 'linalg'),
  'linalg.inv': (call) => (only(call, 'adjoint', false) ? said('linalg', 'Inv', [call.first]) : undefined),
  'image.flip_left_right': unary('Flip', 'numpy', { axis: -2 }), 'image.flip_up_down': unary('Flip', 'numpy', { axis: -3 }), 'image.rgb_to_grayscale': unary('RGBToGrayscale', 'image'),
  'image.rgb_to_hsv': unary('RGBToHSV', 'image'), 'image.hsv_to_rgb': unary('HSVToRGB', 'image'), 'image.sobel_edges': unary('SobelEdges', 'image'), 'image.extract_patches': patches,
  'nn.max_pool2d': pool('MaxPool'), 'nn.avg_pool2d': pool('AveragePool'), 'compat.v1.nn.conv2d': conv, 'nn.conv2d': conv,
};

/** Functions that take two operations of Keras 3: what the first gives is the only input of the second. */
const twoSteps: Readonly<Record<string, readonly [Translate, className: string]>> = {
  'math.squared_difference': [binary('Subtract'), 'Square'],
};

/** Sums of more than two tensors: one Add after another. */
function sumOf(first: Json): Said[] | undefined {
  const [start, ...others] = Array.isArray(first) ? (first as readonly Json[]) : [];
  return others.length === 0 ? undefined : others.map((other, index) => numpy('Add', [index === 0 ? start : previous, other]));
}

/** Stands for what the operation before gives. */
const previous: JsonObject = { class_name: '__previous__' };

/**
 * The operations of Keras 3 that a `TFOpLambda` or `SlicingOpLambda` of Keras 2 is, one after another; undefined where Keras 3
 * cannot say the same. The last one bears the name of the layer. `module`, `class_name`, `registered_name`, `config`, `inbound_nodes`.
 */
export function modernOperations(entry: JsonObject, node: Json | undefined): readonly JsonObject[] | undefined {
  const config = entry['config'];
  const symbol = isJsonObject(config) ? config['function'] : undefined;
  const name = isJsonObject(config) ? config['name'] : undefined;
  const call = callOf(node);
  if (typeof symbol !== 'string' || typeof name !== 'string' || !call) return undefined;
  const steps = stepsOf(symbol, call);
  return steps?.map((step, index) => written(step, index === steps.length - 1 ? name : `${name}_${index + 1}_of_${steps.length}`, index === 0 ? '' : `${name}_${index}_of_${steps.length}`));
}

function stepsOf(symbol: string, call: FunctionCall): readonly Said[] | undefined {
  if (symbol === 'math.add_n') return sumOf(call.first);
  const two = Object.hasOwn(twoSteps, symbol) ? twoSteps[symbol] : undefined;
  const translate = two?.[0] ?? (Object.hasOwn(table, symbol) ? table[symbol] : undefined);
  const first = translate?.(call);
  if (!first || first.args.includes(undefined as unknown as Json)) return undefined;
  return two ? [first, numpy(two[1], [previous])] : [first];
}

function callOf(node: Json | undefined): FunctionCall | undefined {
  if (!isJsonObject(node) || !Array.isArray(node['args']) || !isJsonObject(node['kwargs'])) return undefined;
  const [first = null] = node['args'] as readonly Json[];
  return { first, kwargs: node['kwargs'] };
}

/** Operations that multiply floats alone. */
const takesFloats: ReadonlySet<string> = new Set(['Conv', 'Einsum', 'Matmul', 'Tensordot']);

/** A nested list of numbers as Keras 3 writes an array: it takes no plain list in the place of a tensor. */
function asArray(argument: Json, float: boolean): Json {
  const numbers = Array.isArray(argument) ? numbersIn(argument) : undefined;
  if (!numbers || numbers.length === 0) return argument;
  const whole = !float && numbers.every(Number.isInteger);
  return { class_name: '__numpy__', config: { value: argument, dtype: whole ? 'int32' : 'float32' } };
}

/** Undefined where a list holds anything else. */
function numbersIn(value: Json): readonly number[] | undefined {
  if (typeof value === 'number') return [value];
  const inside = Array.isArray(value) ? (value as readonly Json[]).map(numbersIn) : [undefined];
  return inside.includes(undefined) ? undefined : inside.flatMap((numbers) => numbers ?? []);
}

function written({ module, className, args, config = {} }: Said, name: string, before: string): JsonObject {
  const tensor: JsonObject = { class_name: '__keras_tensor__', config: { keras_history: [before, 0, 0] } };
  return {
    module: `keras.src.ops.${module}`, class_name: className, config: { name, ...config }, registered_name: className, name,
    inbound_nodes: [{ args: args.map((argument) => (argument === previous ? tensor : className === 'GetItem' ? argument : asArray(argument, takesFloats.has(className)))), kwargs: {} }],
  };
}
