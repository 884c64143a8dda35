import { SurgeryError } from '../../errors';
import { div, mul } from '../../ops/binary';
import { cast } from '../../ops/cast';
import { equal, greater, logicalAnd } from '../../ops/compare';
import type { TensorType, Value } from '../../ops/graph';
import { mean, sum } from '../../ops/reduce';
import { showShape } from '../../ops/shape';
import { abs } from '../../ops/unary';
import { where } from '../../ops/where';
import { not } from '../../layers/masks';
import { type KerasRequest, invalidSetting, readKerasObject, unsupportedObject } from '../kerasObject';
import { matchRanks, requireMaskShape } from '../ranks';
import { crossentropies } from './crossentropies';
import { distances } from './distances';
import { hinges } from './hinges';
import { labelled } from './labels';
import { overlaps, refuseCircle } from './overlaps';
import { type LossFunction, paired } from './settings';

export type Reduction = 'sum_over_batch_size' | 'sum' | 'mean' | 'mean_with_sample_weight';

/** A loss of one output. */
export interface Loss {
  /** Canonical: the function's name. */
  readonly kind: LossName;
  readonly reduction: Reduction;
  readonly values: LossFunction;
  /** Places of this class in the targets do not count. */
  readonly ignored?: number;
}

const definitions = { ...crossentropies, ...distances, ...hinges, ...overlaps, ...labelled };

export type LossName = keyof typeof definitions;

const lossNames = Object.keys(definitions) as readonly LossName[];

/** Keras' class of the loss and its short names, beside the name of the function. */
const aliases: Readonly<Record<string, LossName>> = {
  ...Object.fromEntries(lossNames.map((name) => [className(name), name])),
  bce: 'binary_crossentropy', BCE: 'binary_crossentropy',
  mse: 'mean_squared_error', MSE: 'mean_squared_error',
  mae: 'mean_absolute_error', MAE: 'mean_absolute_error',
  mape: 'mean_absolute_percentage_error', MAPE: 'mean_absolute_percentage_error',
  msle: 'mean_squared_logarithmic_error', MSLE: 'mean_squared_logarithmic_error',
  kld: 'kl_divergence', KLD: 'kl_divergence', kullback_leibler_divergence: 'kl_divergence',
  logcosh: 'log_cosh',
};

/** `MeanSquaredError` for `mean_squared_error`. */
function className(name: string): string {
  return name.split('_').map((word) => (word === 'kl' || word === 'ctc' ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1))).join('');
}

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
  if (!kind && request.name.toLowerCase() === 'circle') throw refuseCircle(where_);
  if (!kind) throw unsupportedObject('loss', request.name, lossNames, where_);
  const ignored = readIgnored(kind, request, where_);
  return { kind, reduction: readReduction(request, where_), values: lossFunction(kind, request, where_), ...(ignored === undefined ? {} : { ignored }) };
}

function lossName({ name }: KerasRequest, compared: Compared): LossName | undefined {
  if (['crossentropy', 'ce'].includes(name.toLowerCase())) return `${outcomeOf(compared)}_crossentropy`;
  return Object.hasOwn(aliases, name) ? aliases[name] : lossNames.find((known) => known === name);
}

function readIgnored(kind: LossName, { config }: KerasRequest, where_: string): number | undefined {
  const given = config['ignore_class'] ?? null;
  if (kind !== 'sparse_categorical_crossentropy' || given === null) return undefined;
  if (typeof given === 'number' && Number.isInteger(given)) return given;
  throw invalidSetting(`${where_}.ignore_class`, 'a whole number', given);
}

/** The flags of what counts in a loss: those of the output's mask, and of targets that are not the ignored class. */
export function countedPlaces({ ignored }: Loss, target: Value, mask: Value | undefined): Value | undefined {
  if (ignored === undefined) return mask;
  const counts = not(equal(target, ignored));
  if (!mask) return counts;
  const [flags, own] = matchRanks(mask, counts);
  return logicalAnd(flags, own);
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

/** The function of a known name, its parameters bound; metrics of these names use it too. Throws `config-invalid`, `unsupported`. */
export function lossFunction(kind: LossName, { config }: KerasRequest, where_: string): LossFunction {
  const values = definitions[kind](config, where_);
  return kind in crossentropies || kind in labelled ? values : (target, output) => values(...paired(target, output));
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
  // One number for the whole batch counts for each sample.
  if (values.shape.length === 0) return mul(values, weights);
  const [matched, laid] = matchRanks(values, weights);
  if (matched.shape.length === laid.shape.length) return mul(matched, laid);
  throw new SurgeryError('data-mismatch', 'Sample weights need an output with one loss for each sample.', {
    expected: 'a loss of shape [batch]',
    received: `a loss of shape ${showShape(values.shape)}`,
  });
}
