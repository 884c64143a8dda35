import { SurgeryError } from '../../errors';
import { add, div, mul, sub } from '../../ops/binary';
import { cast } from '../../ops/cast';
import type { Value } from '../../ops/graph';
import { matmul } from '../../ops/matmul';
import { reshape } from '../../ops/reshape';
import { normalizeAxis } from '../../ops/shape';
import { softmax } from '../../ops/softmax';
import { transpose } from '../../ops/transpose';
import { sqrt, tanh } from '../../ops/unary';
import { where } from '../../ops/where';
import { both, causalMask } from '../attentionMask';
import { averagePooling1DLayer } from '../averagePooling1D';
import { averagePooling2DLayer } from '../averagePooling2D';
import { averagePooling3DLayer } from '../averagePooling3D';
import type { LayerDefinition } from '../layer';
import { maxPooling1DLayer } from '../maxPooling1D';
import { maxPooling2DLayer } from '../maxPooling2D';
import { maxPooling3DLayer } from '../maxPooling3D';
import { NOTHING } from '../softmax';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

/** What the layers of pooling do, by the number of spatial axes. */
function pool(className: string, layers: readonly LayerDefinition<unknown>[]): KerasOperation {
  return {
    className,
    parameters: ['inputs'],
    apply: (call) => {
      const x = call.float('inputs');
      const layer = layers.at(x.shape.length - 3);
      if (!layer || x.shape.length < 3) throw call.refuse(`a tensor of ${x.shape.length} axes`, `${x.shape.length} axes`);
      const settings = ['pool_size', 'strides', 'padding', 'data_format'].flatMap((name) => (call.has(name) ? [[name, call.plain(name) ?? null] as const] : []));
      const config = layer.parse(Object.fromEntries(settings), className);
      const context = { config, weights: {}, training: false, trainable: true, random: noRandom, update: noUpdate, addLoss: noUpdate, masks: [], named: {}, settings: {} };
      return layer.call(context, [x]);
    },
  };
}

function noRandom(): never {
  throw new Error('pooling draws nothing');
}

function noUpdate(): void {
  // Pooling has no variables and adds no loss.
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
  { className: 'BatchNorm', parameters: ['x', 'mean', 'variance', 'offset', 'scale'], apply: batchNormalized },
  { className: 'DotProductAttention', parameters: ['query', 'key', 'value', 'bias', 'mask', 'scale'], apply: attended },
];
