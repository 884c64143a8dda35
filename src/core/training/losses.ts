import { SurgeryError } from '../errors';
import { add, div, maximum, minimum, mul, sub } from '../ops/binary';
import { cast } from '../ops/cast';
import { greater } from '../ops/compare';
import type { TensorType, Value } from '../ops/graph';
import { oneHot } from '../ops/oneHot';
import { mean, sum } from '../ops/reduce';
import { reshape } from '../ops/reshape';
import { sameShape, showShape } from '../ops/shape';
import { logSoftmax } from '../ops/softmax';
import { abs, log, neg, softplus } from '../ops/unary';
import { where } from '../ops/where';
import { type KerasRequest, invalidSetting, readFlag, readKerasObject, readNumber, unsupportedObject } from './kerasObject';
import { matchRanks, requireMaskShape } from './ranks';

/** keras.config.epsilon(): probabilities are held this far from 0 and 1. */
export const EPSILON = 1e-7;

/** The loss of each sample (and of each place in it): y_true, y_pred -> [batch, ...]; formulas of keras.losses. */
export type LossFunction = (target: Value, output: Value) => Value;

export type Reduction = 'sum_over_batch_size' | 'sum' | 'mean' | 'mean_with_sample_weight';

/** A loss of one output. */
export interface Loss {
  /** Canonical: the function's name. */
  readonly kind: LossName;
  readonly reduction: Reduction;
  readonly values: LossFunction;
}

const lossNames = [
  'binary_crossentropy', 'categorical_crossentropy', 'sparse_categorical_crossentropy', 'mean_squared_error', 'mean_absolute_error',
] as const;

export type LossName = (typeof lossNames)[number];

const aliases: Readonly<Record<string, LossName>> = {
  BinaryCrossentropy: 'binary_crossentropy',
  CategoricalCrossentropy: 'categorical_crossentropy',
  SparseCategoricalCrossentropy: 'sparse_categorical_crossentropy',
  MeanSquaredError: 'mean_squared_error',
  MeanAbsoluteError: 'mean_absolute_error',
  bce: 'binary_crossentropy', BCE: 'binary_crossentropy',
  mse: 'mean_squared_error', MSE: 'mean_squared_error',
  mae: 'mean_absolute_error', MAE: 'mean_absolute_error',
};

/** Shapes of what is compared, the batch axis in front. */
export interface Compared {
  readonly target: TensorType;
  readonly output: TensorType;
}

/**
 * A loss as plans and Keras files name it; `crossentropy` and `ce` choose by the shapes, as Keras does. Throws `unsupported` by
 * name, `config-invalid` for its parameters.
 */
export function resolveLoss(object: unknown, compared: Compared, where_: string): Loss {
  const request = readKerasObject(object, where_);
  const kind = lossName(request, compared);
  if (!kind) throw unsupportedObject('loss', request.name, lossNames, where_);
  return { kind, reduction: readReduction(request, where_), values: lossFunction(kind, request, where_) };
}

function lossName({ name }: KerasRequest, compared: Compared): LossName | undefined {
  if (['crossentropy', 'ce'].includes(name.toLowerCase())) return `${outcomeOf(compared)}_crossentropy`;
  return Object.hasOwn(aliases, name) ? aliases[name] : lossNames.find((known) => known === name);
}

/** Keras' guess of what is predicted, by shapes alone (`is_binary_or_sparse_categorical`). */
export function outcomeOf({ target, output }: Compared): 'binary' | 'categorical' | 'sparse_categorical' {
  if (output.shape.at(-1) === 1) return 'binary';
  const indices = target.shape.length < output.shape.length || target.shape.at(-1) === 1;
  return indices ? 'sparse_categorical' : 'categorical';
}

function readReduction({ config }: KerasRequest, where_: string): Reduction {
  const given = config['reduction'] ?? 'sum_over_batch_size';
  // Keras 2 wrote `auto`.
  if (given === 'auto') return 'sum_over_batch_size';
  const known = (['sum_over_batch_size', 'sum', 'mean', 'mean_with_sample_weight'] as const).find((word) => word === given);
  if (known) return known;
  throw invalidSetting(`${where_}.reduction`, 'sum_over_batch_size, sum, mean or mean_with_sample_weight', given);
}

/** The function of a known name, its parameters bound; metrics of these names use it too. */
export function lossFunction(kind: LossName, { config }: KerasRequest, where_: string): LossFunction {
  const fromLogits = readFlag(config, 'from_logits', false, where_);
  const smoothing = readNumber(config, 'label_smoothing', { fallback: 0, least: 0, most: 1, where: where_ });
  requireDefault(config['axis'] ?? -1, -1, `${where_}.axis`);
  requireDefault(config['ignore_class'] ?? null, null, `${where_}.ignore_class`);
  switch (kind) {
    case 'binary_crossentropy':
      return (target, output) => binaryCrossentropy(target, output, { fromLogits, smoothing });
    case 'categorical_crossentropy':
      return (target, output) => categoricalCrossentropy(target, output, { fromLogits, smoothing });
    case 'sparse_categorical_crossentropy':
      return (target, output) => sparseCategoricalCrossentropy(target, output, fromLogits);
    case 'mean_squared_error':
      return meanSquaredError;
    case 'mean_absolute_error':
      return meanAbsoluteError;
  }
}

function requireDefault(given: unknown, only: unknown, where_: string): void {
  if (given === only) return;
  throw new SurgeryError('unsupported', `The setting ${where_} of a loss is not supported.`, {
    expected: String(only), received: JSON.stringify(given), where: where_,
  });
}

interface CrossentropyOptions {
  readonly fromLogits: boolean;
  readonly smoothing: number;
}

/** Same shapes, or refused: Keras would broadcast in silence, or fail later with less to go by. */
function paired(target: Value, output: Value): [Value, Value] {
  const pair = matchRanks(target, output);
  if (sameShape(pair[0].shape, pair[1].shape)) return pair;
  throw new SurgeryError('data-mismatch', 'The targets have another shape than the output that they are compared with.', {
    expected: showShape(output.shape),
    received: showShape(target.shape),
  });
}

/**
 * Keras on TensorFlow computes a cross-entropy from the logits wherever the output comes straight from sigmoid or softmax,
 * whichever of the two and whatever `from_logits` says, so that a saturated output still has a gradient.
 */
function logitsOf(output: Value, fromLogits: boolean): Value | undefined {
  const producer = output.graph.producer(output);
  if (producer?.op.name === 'sigmoid' || producer?.op.name === 'softmax') return producer.inputs[0];
  return fromLogits ? output : undefined;
}

function clipProbability(x: Value): Value {
  return maximum(minimum(x, 1 - EPSILON), EPSILON);
}

/** Mean over the last axis of -(t log p + (1 - t) log(1 - p)). */
function binaryCrossentropy(target: Value, output: Value, { fromLogits, smoothing }: CrossentropyOptions): Value {
  const [given, y] = paired(target, output);
  const t = smoothing > 0 ? add(mul(given, 1 - smoothing), 0.5 * smoothing) : given;
  const logits = logitsOf(y, fromLogits);
  if (logits) return mean(sub(softplus(logits), mul(logits, t)), [-1]);
  const p = clipProbability(y);
  return neg(mean(add(mul(t, log(p)), mul(sub(1, t), log(sub(1, p)))), [-1]));
}

/** -sum over classes of t log p. */
function categoricalCrossentropy(target: Value, output: Value, { fromLogits, smoothing }: CrossentropyOptions): Value {
  const [given, y] = paired(target, output);
  const classes = y.shape.at(-1) ?? 1;
  const t = smoothing > 0 ? add(mul(given, 1 - smoothing), smoothing / classes) : given;
  const logits = logitsOf(y, fromLogits);
  if (logits) return neg(sum(mul(t, logSoftmax(logits)), [-1]));
  const p = clipProbability(div(y, sum(y, [-1], true)));
  return neg(sum(mul(t, log(p)), [-1]));
}

/** -log p of the class that the target names. The host has checked that every target names one. */
function sparseCategoricalCrossentropy(target: Value, output: Value, fromLogits: boolean): Value {
  const rank = output.shape.length;
  const squeezed = target.shape.length === rank && target.shape.at(-1) === 1 ? reshape(target, target.shape.slice(0, -1)) : target;
  if (!sameShape(squeezed.shape, output.shape.slice(0, -1))) {
    throw new SurgeryError('data-mismatch', 'Class indices need one number where the output has one vector.', {
      expected: showShape(output.shape.slice(0, -1)),
      received: showShape(target.shape),
    });
  }
  const chosen = oneHot(cast(squeezed, 'int32'), output.shape.at(-1) ?? 1);
  const scores = logitsOf(output, fromLogits) ?? log(clipProbability(output));
  return neg(sum(mul(chosen, logSoftmax(scores)), [-1]));
}

function meanSquaredError(target: Value, output: Value): Value {
  const [t, y] = paired(target, output);
  const difference = sub(t, y);
  return mean(mul(difference, difference), [-1]);
}

function meanAbsoluteError(target: Value, output: Value): Value {
  const [t, y] = paired(target, output);
  return mean(abs(sub(t, y)), [-1]);
}

/** What the losses of an output's samples count for. */
interface LossWeights {
  /** [batch] */
  readonly weights?: Value | undefined;
  /** bool, a flag for each loss */
  readonly mask?: Value | undefined;
}

/**
 * One number out of the losses of the samples, as Keras' `reduce_weighted_values`. Throws `data-mismatch` where weights or a mask
 * cannot be laid over the values.
 */
export function reduceLoss(values: Value, reduction: Reduction, { weights, mask }: LossWeights = {}): Value {
  const laid = mask ? countsOf(values, { mask, weights }, reduction) : weights;
  const weighed = laid ? weigh(values, laid) : values;
  if (weighed.shape.length === 0) return weighed;
  if (reduction === 'sum') return sum(weighed);
  if (reduction !== 'mean_with_sample_weight' || !laid) return mean(weighed);
  return orZero(sum(weighed), sum(laid));
}

/** 0 where a loss is left out; for a mean over all, the others count for those too. */
function countsOf(values: Value, { mask, weights }: { readonly mask: Value; readonly weights?: Value | undefined }, reduction: Reduction): Value {
  const [matched, flags] = matchRanks(values, cast(mask, 'float32'));
  requireMaskShape(matched, flags);
  const counts = reduction === 'sum_over_batch_size' || reduction === 'mean' ? orZero(flags, mean(flags)) : flags;
  return weights ? weigh(counts, weights) : counts;
}

/** Keras' `divide_no_nan`. */
function orZero(dividend: Value, divisor: Value): Value {
  const some = greater(abs(divisor), 0);
  return where(some, div(dividend, where(some, divisor, 1)), 0);
}

function weigh(values: Value, weights: Value): Value {
  const [matched, laid] = matchRanks(values, weights);
  if (matched.shape.length === laid.shape.length) return mul(matched, laid);
  throw new SurgeryError('data-mismatch', 'Sample weights need an output with one loss for each sample.', {
    expected: 'a loss of shape [batch]',
    received: `a loss of shape ${showShape(values.shape)}`,
  });
}
