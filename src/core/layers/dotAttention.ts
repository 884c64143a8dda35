import { z } from 'zod';
import { SurgeryError } from '../errors';
import type { JsonObject } from '../model/json';
import { add, mul, sub } from '../ops/binary';
import { cast } from '../ops/cast';
import type { Value } from '../ops/graph';
import { matmul } from '../ops/matmul';
import { softmax } from '../ops/softmax';
import { tanh } from '../ops/unary';
import { sum } from '../ops/reduce';
import { reshape } from '../ops/reshape';
import { where } from '../ops/where';
import { both, causalMask, ofKeys, ofQueries } from './attentionMask';
import { readConfig, unsupported } from './config';
import { dropped } from './dropout';
import type { CallContext, KerasShape, LayerDefinition, Mask, WeightSpec } from './layer';
import { not } from './masks';
import { asFloat, showKerasShape } from './shapes';

const schema = z.object({ use_scale: z.boolean().optional(), score_mode: z.enum(['dot', 'concat']).default('dot'), dropout: z.number().min(0).max(1).default(0), causal: z.boolean().optional() });

type AttentionConfig = z.output<typeof schema>;

/** How queries are scored against keys. */
interface Scoring {
  readonly className: string;
  readonly weights: (config: AttentionConfig, query: KerasShape) => readonly WeightSpec[];
  /** query [..., queries, dim], key [..., keys, dim] to [..., queries, keys]. */
  readonly scores: (context: Pick<CallContext<AttentionConfig>, 'config' | 'weights'>, query: Value, key: Value) => Value;
}

/** What Keras takes from the score of a key that does not count. */
const LARGE = 1e9;

/** A layer that is called on [query, value] or [query, value, key] and gives each query the mean of the values, weighed by scores. */
export function dotAttention({ className, weights, scores }: Scoring): LayerDefinition<AttentionConfig> {
  return {
    className,
    parse: (config, where_) => {
      const read = readConfig(schema, config, where_);
      // Keras 2 said so in the config before it said so in the call.
      if (read.causal === true) throw unsupported('causal', true, where_);
      return read;
    },
    argumentNames: ['return_attention_scores', 'use_causal_mask'],
    weights: (config, inputs) => weights(config, roles(inputs, className).query),
    outputShapes: (_config, inputs, settings) => {
      const { query, value, key } = roles(inputs, className);
      const output = [...query.slice(0, -1), value.at(-1) ?? null];
      return returnsScores(settings) ? [output, [...query.slice(0, -1), key.at(-2) ?? null]] : [output];
    },
    call: (context, inputs) => {
      const { query, value, key } = roles(inputs.map(asFloat), className);
      const scored = scores(context, query, key);
      const [queryMask, valueMask] = context.masks;
      const shares = softmax(masked(scored, scoreMask(context.settings, scored, valueMask)));
      const { config, training, random } = context;
      const kept = training ? dropped(shares, config.dropout, () => random(shares.shape)) : shares;
      const output = matmul(kept, value);
      const counted = queryMask ? where(ofQueries(queryMask), output, 0) : output;
      return returnsScores(context.settings) ? [counted, kept] : [counted];
    },
    outputMasks: ({ masks }) => [masks[0]],
    trainingDiffers: ({ dropout }) => (dropout > 0 ? 'it drops at random in training' : undefined),
  };
}

function returnsScores(settings: JsonObject | undefined): boolean {
  return settings?.['return_attention_scores'] === true;
}

function scoreMask(settings: JsonObject, scores: Value, values: Mask): Mask {
  const counts = values && ofKeys(cast(values, 'bool'));
  if (settings['use_causal_mask'] !== true) return counts;
  return both(counts, causalMask(scores.graph, { queries: scores.shape.at(-2) ?? 1, keys: scores.shape.at(-1) ?? 1 }));
}

function masked(scores: Value, mask: Mask): Value {
  return mask ? where(not(mask), sub(scores, LARGE), scores) : scores;
}

interface Roles<T> {
  readonly query: T;
  readonly value: T;
  readonly key: T;
}

function roles<T extends KerasShape | Value>(inputs: readonly T[], className: string): Roles<T> {
  const [query, value, key = value] = inputs;
  if (inputs.length === 2 || inputs.length === 3) return { query, value, key };
  throw new SurgeryError('shape-mismatch', `${className} is called on a list of query and value, maybe key.`, { expected: '2 or 3 inputs', received: `${inputs.length} inputs` });
}

/** tanh(query + key) for each pair: [..., queries, keys, dim] */
export function pairs(query: Value, key: Value, scale?: Value): Value {
  const each = add(reshape(query, [...query.shape.slice(0, -1), 1, query.shape.at(-1) ?? 1]), reshape(key, [...key.shape.slice(0, -2), 1, ...key.shape.slice(-2)]));
  return tanh(scale ? mul(each, scale) : each);
}

/** Over the features. */
export function summed(pairScores: Value): Value {
  return sum(pairScores, [pairScores.shape.length - 1]);
}

/** The last axis of a query. Throws `shape-mismatch`. */
export function featuresOf(query: KerasShape): number {
  const size = query.at(-1);
  if (typeof size === 'number') return size;
  throw new SurgeryError('shape-mismatch', 'An attention layer needs a query of known size.', { expected: 'a size on the last axis', received: showKerasShape(query) });
}
