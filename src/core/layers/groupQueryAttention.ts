import { z } from 'zod';
import { SurgeryError } from '../errors';
import { mul } from '../ops/binary';
import type { Value } from '../ops/graph';
import { matmul } from '../ops/matmul';
import { reshape } from '../ops/reshape';
import { transpose } from '../ops/transpose';
import { broadcastTo } from '../ops/broadcastTo';
import { positive, readConfig, unsupported } from './config';
import {
  gated, headArguments, headConfig, headInputs, headRoles, lookMask, project, type Projection, projectionWeights, requireSameSteps, returnsScores, sharesOf,
} from './headAttention';
import type { KerasShape, LayerDefinition } from './layer';
import { asFloat, knownSize, requireRank } from './shapes';

const schema = headConfig.extend({
  head_dim: positive,
  num_query_heads: positive,
  num_key_value_heads: positive,
  flash_attention: z.boolean().nullish(),
});

type GroupedConfig = z.output<typeof schema>;

const CLASS = 'GroupQueryAttention';

/** Several heads, of which groups share their keys and values (Ainslie et al. 2023). */
export const groupQueryAttentionLayer: LayerDefinition<GroupedConfig> = {
  className: CLASS,
  inputNames: headInputs,
  argumentNames: headArguments,
  passesMask: true,
  parse: (config, where) => {
    const read = readConfig(schema, config, where);
    if (read.flash_attention === true) throw unsupported('flash_attention', true, where);
    if (read.num_query_heads % read.num_key_value_heads === 0) return read;
    throw new SurgeryError('config-invalid', `The heads of a ${CLASS} do not form groups.`, {
      expected: `a multiple of ${read.num_key_value_heads} query heads`, received: String(read.num_query_heads), where: `${where}.num_query_heads`,
    });
  },
  weights: (config, inputs) => projectionWeights(config, projections(config, inputs)),
  outputShapes: ({ num_query_heads: heads }, inputs, settings) => {
    const { query, value, key } = headRoles(inputs, CLASS);
    for (const shape of inputs) requireRank(shape, 3, CLASS);
    requireSameSteps(value, key);
    return returnsScores(settings) ? [query, [query[0] ?? null, heads, query[1] ?? null, key[1] ?? null]] : [query];
  },
  call: (context, inputs) => {
    const { config, settings } = context;
    const { query, value, key } = headRoles(inputs.map(asFloat), CLASS);
    const repeats = config.num_query_heads / config.num_key_value_heads;
    const queries = byHead(mul(project(context, 'query', query), 1 / Math.sqrt(config.head_dim)), 1);
    const scores = matmul(queries, byHead(project(context, 'key', key), repeats), { transposeB: true });
    const fused = config.dropout === 0 && !returnsScores(settings);
    const { shares, kept } = sharesOf(context, { scores, mask: lookMask(context, query, value), axes: 1, fused });
    const heads = transpose(matmul(kept, byHead(project(context, 'value', value), repeats)), [0, 2, 1, 3]);
    const output = project(context, 'output', gated(context, heads, query), 2);
    return returnsScores(settings) ? [output, shares] : [output];
  },
  trainingDiffers: ({ dropout }) => (dropout > 0 ? 'it drops at random in training' : undefined),
};

function projections(config: GroupedConfig, inputs: readonly KerasShape[]): readonly Projection[] {
  const { query, value, key } = headRoles(inputs, CLASS);
  const { num_query_heads: heads, num_key_value_heads: groups, head_dim: size } = config;
  const features = (input: KerasShape): number[] => [knownSize(input, -1, CLASS)];
  return [
    { name: 'query', group: '_query_dense', inputs: features(query), outputs: [heads, size] },
    { name: 'key', group: '_key_dense', inputs: features(key), outputs: [groups, size] },
    ...(config.use_gate ? [{ name: 'gate', group: '_gate_dense', inputs: features(query), outputs: [heads, size] }] : []),
    { name: 'value', group: '_value_dense', inputs: features(value), outputs: [groups, size] },
    { name: 'output', group: '_output_dense', inputs: [heads, size], outputs: features(query) },
  ];
}

/** [batch, steps, heads, size] to [batch, heads, steps, size], each head as often as queries share it. */
function byHead(x: Value, repeats: number): Value {
  const [batch, steps, heads, size] = x.shape;
  const moved = transpose(x, [0, 2, 1, 3]);
  if (repeats === 1) return moved;
  const repeated = broadcastTo(reshape(moved, [batch, heads, 1, steps, size]), [batch, heads, repeats, steps, size]);
  return reshape(repeated, [batch, heads * repeats, steps, size]);
}
