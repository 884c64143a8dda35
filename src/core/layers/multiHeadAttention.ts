import { z } from 'zod';
import { mul } from '../ops/binary';
import { normalizeAxis } from '../ops/shape';
import { positive, readConfig, unsupported } from './config';
import {
  gated, headArguments, headConfig, headInputs, headRoles, lookMask, misfit, project, type Projection, projectionWeights, requireSameSteps, requireSequences, returnsScores, sharesOf,
} from './headAttention';
import type { KerasShape, LayerDefinition } from './layer';
import { einsum } from './operations/einsum';
import { asFloat, knownSize } from './shapes';

const list = z.union([z.int().transform((one) => [one]), z.array(z.int())]).nullish().transform((sizes) => sizes ?? null);

const schema = headConfig.extend({
  num_heads: positive,
  key_dim: positive,
  value_dim: positive.nullish(),
  output_shape: list,
  attention_axes: list,
  flash_attention: z.boolean().nullish(),
});

type MultiHeadConfig = z.output<typeof schema>;

/** Several heads, each of which gives every query the mean of the values, weighed by products of query and key (Vaswani et al. 2017). */
export const multiHeadAttentionLayer: LayerDefinition<MultiHeadConfig> = {
  className: 'MultiHeadAttention',
  inputNames: headInputs,
  argumentNames: headArguments,
  passesMask: true,
  ownPenalty: true,
  parse: (config, where) => {
    const read = readConfig(schema, config, where);
    if (read.flash_attention === true) throw unsupported('flash_attention', true, where);
    return read;
  },
  weights: (config, inputs) => projectionWeights(config, projections(config, inputs)),
  outputShapes: (config, inputs, settings) => {
    const { query, value, key } = headRoles(inputs, 'MultiHeadAttention');
    requireSequences([query, value, key]);
    requireSameSteps(value, key);
    const output = [...query.slice(0, -1), ...(config.output_shape ?? query.slice(-1))];
    if (!returnsScores(settings)) return [output];
    const axes = attentionAxes(config, query.length);
    const outer = query.slice(0, -1).filter((_, axis) => !axes.includes(axis));
    return [output, [...outer, config.num_heads, ...axes.map((axis) => query[axis] ?? null), ...axes.map((axis) => key[axis] ?? null)]];
  },
  call: (context, inputs) => {
    const { config, settings } = context;
    const { query, value, key } = headRoles(inputs.map(asFloat), 'MultiHeadAttention');
    const axes = attentionAxes(config, query.shape.length);
    const equations = attentionEquations(query.shape.length + 1, axes);
    const scaled = mul(project(context, 'query', query), 1 / Math.sqrt(config.key_dim));
    const scores = einsum([project(context, 'key', key), scaled], equations.scores, (what) => misfit(what));
    const fused = config.dropout === 0 && !returnsScores(settings) && scaled.shape.length === 4;
    const { shares, kept } = sharesOf(context, { scores, mask: lookMask(context, query, value), axes: axes.length, fused });
    const heads = einsum([kept, project(context, 'value', value)], equations.combine, (what) => misfit(what));
    const output = project(context, 'output', gated(context, heads, query), 2);
    return returnsScores(settings) ? [output, shares] : [output];
  },
  trainingDiffers: ({ dropout }) => (dropout > 0 ? 'it drops at random in training' : undefined),
};

function projections(config: MultiHeadConfig, inputs: readonly KerasShape[]): readonly Projection[] {
  const { query, value, key } = headRoles(inputs, 'MultiHeadAttention');
  const { num_heads: heads, key_dim: size, value_dim: depth, output_shape: shape } = config;
  const features = (input: KerasShape): number[] => [knownSize(input, -1, 'MultiHeadAttention')];
  const valueSize = depth ?? size;
  return [
    { name: 'query', group: 'query_dense', inputs: features(query), outputs: [heads, size] },
    { name: 'key', group: 'key_dense', inputs: features(key), outputs: [heads, size] },
    ...(config.use_gate ? [{ name: 'gate', group: '_gate_dense', inputs: features(query), outputs: [heads, valueSize] }] : []),
    { name: 'value', group: 'value_dense', inputs: features(value), outputs: [heads, valueSize] },
    { name: 'output', group: 'output_dense', inputs: [heads, valueSize], outputs: shape ?? features(query) },
  ];
}

/** All axes between the batch and the features, or those that the config names. */
function attentionAxes({ attention_axes: axes }: MultiHeadConfig, rank: number): readonly number[] {
  return axes ? axes.map((axis) => normalizeAxis(axis, rank)) : Array.from({ length: rank - 2 }, (_, index) => index + 1);
}

/** Keras' `_build_attention_equation`: `rank` counts the axis of the heads. */
function attentionEquations(rank: number, axes: readonly number[]): { readonly scores: string; readonly combine: string } {
  const letters = Array.from('abcdefghijklmnopqrstuvwxyz');
  const target = letters.splice(0, rank);
  const source = target.map((letter, axis) => (axes.includes(axis) ? (letters.shift() ?? '') : letter));
  const outer = target.filter((_, axis) => !axes.includes(axis) && axis !== rank - 1);
  const product = [...outer, ...axes.map((axis) => target[axis]), ...axes.map((axis) => source[axis])].join('');
  return { scores: `${source.join('')},${target.join('')}->${product}`, combine: `${product},${source.join('')}->${target.join('')}` };
}

