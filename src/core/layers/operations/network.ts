import { SurgeryError } from '../../errors';
import type { JsonObject } from '../../model/json';
import { add, div, maximum, minimum, mul, sub } from '../../ops/binary';
import { cast } from '../../ops/cast';
import type { Value } from '../../ops/graph';
import { matmul } from '../../ops/matmul';
import { mean } from '../../ops/reduce';
import { reshape } from '../../ops/reshape';
import { normalizeAxis } from '../../ops/shape';
import { softmax } from '../../ops/softmax';
import { transpose } from '../../ops/transpose';
import { log, neg, softplus, sqrt, tanh } from '../../ops/unary';
import { where } from '../../ops/where';
import { crossentropies } from '../../training/losses/crossentropies';
import { EPSILON } from '../../training/losses/settings';
import { adaptiveAveragePooling1DLayer } from '../adaptiveAveragePooling1D';
import { adaptiveAveragePooling2DLayer } from '../adaptiveAveragePooling2D';
import { adaptiveAveragePooling3DLayer } from '../adaptiveAveragePooling3D';
import { adaptiveMaxPooling1DLayer } from '../adaptiveMaxPooling1D';
import { adaptiveMaxPooling2DLayer } from '../adaptiveMaxPooling2D';
import { adaptiveMaxPooling3DLayer } from '../adaptiveMaxPooling3D';
import { both, causalMask } from '../attentionMask';
import { averagePooling1DLayer } from '../averagePooling1D';
import { averagePooling2DLayer } from '../averagePooling2D';
import { averagePooling3DLayer } from '../averagePooling3D';
import { conv1DLayer } from '../conv1D';
import { conv1DTransposeLayer } from '../conv1DTranspose';
import { conv2DLayer } from '../conv2D';
import { conv2DTransposeLayer } from '../conv2DTranspose';
import { conv3DLayer } from '../conv3D';
import { conv3DTransposeLayer } from '../conv3DTranspose';
import { depthwiseConv1DLayer } from '../depthwiseConv1D';
import { depthwiseConv2DLayer } from '../depthwiseConv2D';
import type { LayerDefinition } from '../layer';
import { maxPooling1DLayer } from '../maxPooling1D';
import { maxPooling2DLayer } from '../maxPooling2D';
import { maxPooling3DLayer } from '../maxPooling3D';
import { separableConv1DLayer } from '../separableConv1D';
import { separableConv2DLayer } from '../separableConv2D';
import { NOTHING } from '../softmax';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

type Layers = readonly LayerDefinition<unknown>[];

const settingNames = ['pool_size', 'output_size', 'strides', 'padding', 'output_padding', 'dilation_rate', 'data_format'];

/** What a layer does with tensors in the place of its weights; `layers` by the number of spatial axes. */
function asLayerDoes(call: OperationCall, layers: Layers, { config, weights }: { readonly config: JsonObject; readonly weights: Readonly<Record<string, Value>> }): readonly Value[] {
  const x = call.float('inputs');
  const layer = layers.at(x.shape.length - 3);
  if (!layer || x.shape.length < 3) throw call.refuse(`a tensor of ${x.shape.length} axes`, `${x.shape.length} axes`);
  const settings = settingNames.flatMap((name) => (call.has(name) ? [[name, call.plain(name) ?? null] as const] : []));
  const parsed = layer.parse({ ...Object.fromEntries(settings), ...config }, layer.className);
  const context = { config: parsed, weights, training: false, trainable: true, random: noRandom, update: noUpdate, addLoss: noUpdate, masks: [], named: {}, settings: {} };
  return layer.call(context, [x]);
}

function pool(className: string, layers: Layers): KerasOperation {
  return { className, parameters: ['inputs'], apply: (call) => asLayerDoes(call, layers, { config: {}, weights: {} }) };
}

/** Keras' kernel is [...window, channels / groups, filters]. */
function convolved(call: OperationCall): readonly Value[] {
  const kernel = call.float('kernel');
  const [own = 1, filters = 1] = kernel.shape.slice(-2);
  const { shape } = call.tensor('inputs');
  const channels = (call.plain('data_format') === 'channels_first' ? shape[1] : shape.at(-1)) ?? own;
  const config = { filters, kernel_size: kernel.shape.slice(0, -2), groups: channels / own, use_bias: false };
  return asLayerDoes(call, [conv1DLayer, conv2DLayer, conv3DLayer], { config, weights: { kernel } });
}

function convolvedBack(call: OperationCall): readonly Value[] {
  const kernel = call.float('kernel');
  const config = { filters: kernel.shape.at(-2) ?? 1, kernel_size: kernel.shape.slice(0, -2), use_bias: false };
  return asLayerDoes(call, [conv1DTransposeLayer, conv2DTransposeLayer, conv3DTransposeLayer], { config, weights: { kernel } });
}

function convolvedEach(call: OperationCall): readonly Value[] {
  const kernel = call.float('kernel');
  const config = { depth_multiplier: kernel.shape.at(-1) ?? 1, kernel_size: kernel.shape.slice(0, -2), use_bias: false };
  return asLayerDoes(call, [depthwiseConv1DLayer, depthwiseConv2DLayer], { config, weights: { kernel } });
}

function convolvedApart(call: OperationCall): readonly Value[] {
  const [depthwise, pointwise] = [call.float('depthwise_kernel'), call.float('pointwise_kernel')];
  const config = { filters: pointwise.shape.at(-1) ?? 1, depth_multiplier: depthwise.shape.at(-1) ?? 1, kernel_size: depthwise.shape.slice(0, -2), use_bias: false };
  return asLayerDoes(call, [separableConv1DLayer, separableConv2DLayer], { config, weights: { depthwise_kernel: depthwise, pointwise_kernel: pointwise } });
}

function noRandom(): never {
  throw new Error('this layer draws nothing');
}

function noUpdate(): void {
  // These layers have no variables that move, and add no loss.
}

/** Of each element. */
function binaryCrossentropy(call: OperationCall): Value {
  const [target, output] = [call.float('target'), call.float('output')];
  if (call.flag('from_logits')) return sub(softplus(output), mul(output, target));
  const p = maximum(minimum(output, 1 - EPSILON), EPSILON);
  return neg(add(mul(target, log(p)), mul(sub(1, target), log(sub(1, p)))));
}

function crossentropy(className: string, name: 'categorical_crossentropy' | 'sparse_categorical_crossentropy'): KerasOperation {
  return {
    className,
    parameters: ['target', 'output'],
    apply: (call) => {
      const output = call.float('output');
      call.only('axis', -1, output.shape.length - 1);
      return crossentropies[name]({ from_logits: call.flag('from_logits') }, className)(call.float('target'), output);
    },
  };
}

/** Decibels, over all elements of the batch. */
function signalToNoise(call: OperationCall): Value {
  const apart = sub(call.float('x1'), call.float('x2'));
  return sub(20 * Math.log10(call.number('max_val')), mul(log(mean(mul(apart, apart))), 10 * Math.LOG10E));
}

function batchNormalized(call: OperationCall): Value {
  const x = call.float('x');
  const axis = normalizeAxis(call.number('axis'), x.shape.length);
  const along = (name: string): Value => {
    const vector = call.float(name);
    return reshape(vector, x.shape.map((_, own) => (own === axis ? (vector.shape[0] ?? 1) : 1)));
  };
  const scaled = div(sub(x, along('mean')), sqrt(add(along('variance'), call.number('epsilon', 1e-3))));
  const wide = call.has('scale') ? mul(scaled, along('scale')) : scaled;
  return call.has('offset') ? add(wide, along('offset')) : wide;
}

/** query [batch, queries, heads, size], key and value [batch, keys, heads, size]. */
function attended(call: OperationCall): Value {
  call.only('flash_attention', false);
  const [query, key, value] = ['query', 'key', 'value'].map((name) => transpose(rankFour(call.float(name)), [0, 2, 1, 3]));
  if (query.shape[1] !== key.shape[1]) throw call.refuse('heads that share keys', 'fewer heads of keys');
  const scale = call.has('scale') ? call.number('scale') : 1 / Math.sqrt(query.shape.at(-1) ?? 1);
  const products = mul(matmul(query, key, { transposeB: true }), scale);
  const cap = call.has('attn_logits_soft_cap') ? call.number('attn_logits_soft_cap') : undefined;
  const capped = cap === undefined ? products : mul(tanh(div(products, cap)), cap);
  const biased = call.has('bias') ? add(capped, call.float('bias')) : capped;
  const given = call.has('mask') ? cast(call.tensor('mask'), 'bool') : undefined;
  const causal = call.flag('is_causal') ? causalMask(query.graph, { queries: query.shape[2], keys: key.shape[2] }) : undefined;
  const mask = both(given, causal);
  return transpose(matmul(softmax(mask ? where(mask, biased, NOTHING) : biased), value), [0, 2, 1, 3]);
}

function rankFour(x: Value): Value {
  if (x.shape.length === 4) return x;
  throw new SurgeryError('shape-mismatch', 'DotProductAttention takes tensors of four axes.', { expected: '[batch, steps, heads, size]', received: `${x.shape.length} axes` });
}

export const networkOperations: readonly KerasOperation[] = [
  pool('MaxPool', [maxPooling1DLayer, maxPooling2DLayer, maxPooling3DLayer]),
  pool('AveragePool', [averagePooling1DLayer, averagePooling2DLayer, averagePooling3DLayer]),
  pool('AdaptiveMaxPool', [adaptiveMaxPooling1DLayer, adaptiveMaxPooling2DLayer, adaptiveMaxPooling3DLayer]),
  pool('AdaptiveAveragePool', [adaptiveAveragePooling1DLayer, adaptiveAveragePooling2DLayer, adaptiveAveragePooling3DLayer]),
  { className: 'Conv', parameters: ['inputs', 'kernel'], apply: convolved },
  { className: 'ConvTranspose', parameters: ['inputs', 'kernel'], apply: convolvedBack },
  { className: 'DepthwiseConv', parameters: ['inputs', 'kernel'], apply: convolvedEach },
  { className: 'SeparableConv', parameters: ['inputs', 'depthwise_kernel', 'pointwise_kernel'], apply: convolvedApart },
  { className: 'BinaryCrossentropy', parameters: ['target', 'output'], apply: binaryCrossentropy },
  crossentropy('CategoricalCrossentropy', 'categorical_crossentropy'),
  crossentropy('SparseCategoricalCrossentropy', 'sparse_categorical_crossentropy'),
  { className: 'PSNR', parameters: ['x1', 'x2'], apply: signalToNoise },
  { className: 'BatchNorm', parameters: ['x', 'mean', 'variance', 'offset', 'scale'], apply: batchNormalized },
  { className: 'DotProductAttention', parameters: ['query', 'key', 'value', 'bias', 'mask', 'scale'], apply: attended },
];
