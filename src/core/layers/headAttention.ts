import { z } from 'zod';
import { SurgeryError } from '../errors';
import type { JsonObject } from '../model/json';
import { add, mul } from '../ops/binary';
import { cast } from '../ops/cast';
import type { Value } from '../ops/graph';
import { sigmoid } from '../ops/unary';
import { where } from '../ops/where';
import { both, causalMask, laidOver, ofKeys, ofQueries, windowMask } from './attentionMask';
import { json, positive, variableSettings } from './config';
import { dropped } from './dropout';
import { withFanAxes } from './initializers';
import type { CallContext, KerasShape, Mask, WeightSpec } from './layer';
import { einsum } from './operations/einsum';
import { activityPenalty } from './penalty';
import { maskedSoftmax, NOTHING } from './softmax';
import { softmaxOf } from './activations';
import { showKerasShape } from './shapes';
import { variableSetBy } from './variable';

/** What both layers with heads read of their configs. */
export const headConfig = z.object({
  dropout: z.number().min(0).max(1).default(0),
  use_bias: z.boolean().default(true),
  use_gate: z.boolean().default(false),
  sliding_window: positive.nullish().transform((width) => width ?? null),
  ...variableSettings('kernel'),
  ...variableSettings('bias'),
  activity_regularizer: json,
});

type HeadConfig = z.output<typeof headConfig>;

/** A projection of features onto heads, or of heads onto features. */
export interface Projection {
  /** `query`, `key`, `gate`, `value`, `output` */
  readonly name: string;
  /** Its group in a weights file. */
  readonly group: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Names of the tensor arguments of both layers, and of what else a call may say. */
export const headInputs = ['query', 'value', 'key'];
export const headArguments = ['attention_mask', 'return_attention_scores', 'use_causal_mask'];

/** Kernel and bias of each projection. */
export function projectionWeights(config: HeadConfig, projections: readonly Projection[]): readonly WeightSpec[] {
  return projections.flatMap(({ name, group, inputs, outputs }) => {
    const named = (kind: string): { name: string; settings: string } => ({ name: `${name}_${kind}`, settings: kind });
    const axes = { input_axes: inputs.map((_, axis) => axis), output_axes: outputs.map((_, axis) => axis + inputs.length) };
    const kernel = { ...variableSetBy(named('kernel'), [...inputs, ...outputs], 'glorot_uniform', config), group };
    const scaled = { ...kernel, initializer: withFanAxes(kernel.initializer, axes) };
    return config.use_bias ? [scaled, { ...variableSetBy(named('bias'), outputs, 'zeros', config), group }] : [scaled];
  });
}

type Projecting = Pick<CallContext<HeadConfig>, 'config' | 'weights' | 'addLoss'>;

/** x kernel + bias; the kernel's first `bound` axes are summed over the last ones of x. Keras penalizes the activity of each. */
export function project(context: Projecting, name: string, x: Value, bound = 1): Value {
  const product = projected(context, name, x, bound);
  const loss = activityPenalty(context.config.activity_regularizer, product, 'activity_regularizer');
  if (loss) context.addLoss(loss);
  return product;
}

function projected({ weights }: Projecting, name: string, x: Value, bound = 1): Value {
  const { [`${name}_kernel`]: kernel, [`${name}_bias`]: bias } = weights;
  if (!kernel) throw new Error(`an attention layer was given no kernel for ${name}`);
  const letters = Array.from('abcdefghijklmnopqrstuvwxyz');
  const free = letters.splice(0, x.shape.length - bound).join('');
  const summed = letters.splice(0, bound).join('');
  const made = letters.splice(0, kernel.shape.length - bound).join('');
  const product = einsum([x, kernel], `${free}${summed},${summed}${made}->${free}${made}`, (what) => misfit(what));
  const summedUp = bias ? add(product, bias) : product;
  return name === 'gate' ? sigmoid(summedUp) : summedUp;
}

/** The output of the heads, each element by a gate of the query where the layer has one. */
export function gated(context: Projecting, heads: Value, query: Value): Value {
  return context.config.use_gate ? mul(heads, project(context, 'gate', query)) : heads;
}

/** Keras' heads stand between batch and features: three axes or more. Throws `shape-mismatch`. */
export function requireSequences(shapes: readonly KerasShape[]): void {
  const flat = shapes.find((shape) => shape.length < 3);
  if (flat) throw misfit(showKerasShape(flat), 'query, value and key of 3 axes or more');
}

/** Query, value and key; the value serves as key where none is given. Throws `shape-mismatch`. */
export function headRoles<T extends KerasShape | Value>(inputs: readonly T[], className: string): { readonly query: T; readonly value: T; readonly key: T } {
  const [query, value, key = value] = inputs;
  if (inputs.length === 2 || inputs.length === 3) return { query, value, key };
  throw new SurgeryError('shape-mismatch', `${className} is called on query and value, maybe key.`, { expected: '2 or 3 inputs', received: `${inputs.length} inputs` });
}

type Context = Pick<CallContext<HeadConfig>, 'config' | 'masks' | 'named' | 'settings' | 'training' | 'random'>;

/** Which queries may look at which keys: masks of both, causal, within the window, and what the call was given. */
export function lookMask({ config, masks, named, settings }: Context, query: Value, value: Value): Mask {
  const [queries, values, keys] = masks;
  const pairs = { queries: query.shape[1] ?? 1, keys: value.shape[1] ?? 1 };
  const width = config.sliding_window;
  const own = [
    queries && ofQueries(cast(queries, 'bool')),
    values && ofKeys(cast(values, 'bool')),
    keys && ofKeys(cast(keys, 'bool')),
    settings['use_causal_mask'] === true ? causalMask(query.graph, pairs) : undefined,
    width === null ? undefined : windowMask(query.graph, pairs, width),
  ].reduce<Mask>((all, mask) => both(all, mask), undefined);
  const given = named['attention_mask']?.at(0);
  return both(given && cast(given, 'bool'), own);
}

export function returnsScores(settings: JsonObject | undefined): boolean {
  return settings?.['return_attention_scores'] === true;
}

/** Scores [..., heads, queries, keys] (several axes of both where attention runs over several) and the mask laid over them. */
interface Scores {
  readonly scores: Value;
  readonly mask: Mask;
  /** Over how many axes attention runs. */
  readonly axes: number;
  /** Keras' fused form, which only runs without dropout and returned scores on queries of four axes. */
  readonly fused: boolean;
}

/**
 * Each query's shares of the keys. Where a query may look at no key, Keras gives zeros, in its fused form equal shares of all.
 * `kept` are those after dropout in training.
 */
export function sharesOf({ config, training, random }: Context, { scores, mask, axes, fused }: Scores): { readonly shares: Value; readonly kept: Value } {
  const rank = scores.shape.length;
  const over = { axis: Array.from({ length: axes }, (_, index) => rank - axes + index) };
  const laid = mask && laidOver(mask, rank, 2 * axes);
  const shares = fused && laid ? softmaxOf(where(laid, scores, NOTHING), over) : maskedSoftmax(scores, laid, over);
  return { shares, kept: training ? dropped(shares, config.dropout, () => random(shares.shape)) : shares };
}

export function misfit(received: string, expected = 'tensors that the projections fit'): SurgeryError {
  return new SurgeryError('shape-mismatch', 'An attention layer is given tensors that do not fit it.', { expected, received });
}

/** Throws `shape-mismatch` unless value and key agree on all axes but the first and the last. */
export function requireSameSteps(value: KerasShape, key: KerasShape): void {
  const same = value.length === key.length && value.slice(1, -1).every((size, axis) => size === null || key[axis + 1] === null || size === key[axis + 1]);
  if (!same) throw misfit(`${showKerasShape(value)} and ${showKerasShape(key)}`, 'value and key of as many steps');
}
