import { mul, sub } from '../ops/binary';
import { cast } from '../ops/cast';
import { equal, greater } from '../ops/compare';
import type { Value } from '../ops/graph';
import { oneHot } from '../ops/oneHot';
import { argMax, mean, sum } from '../ops/reduce';
import { reshape } from '../ops/reshape';
import { type KerasRequest, readKerasObject, readNumber, unsupportedObject } from './kerasObject';
import { cosine } from './losses/distances';
import { type Compared, lossFunction, type LossName, outcomeOf } from './losses/losses';
import { type LossFunction, paired } from './losses/settings';
import { matchRanks, requireMaskShape } from './ranks';

/** A metric of one output: the mean over all samples of an epoch, as Keras' `MeanMetricWrapper`. */
export interface Metric {
  /** As Keras' history names it, without the output's name. */
  readonly name: string;
  /** The targets and the outputs have the batch axis in front; `mask` is the output's. */
  readonly measure: (target: Value, output: Value, mask?: Value) => Measured;
  /** What the mean becomes at the end of an epoch. */
  readonly finish: (average: number) => number;
}

export interface Measured {
  /** Sum over the batch of each sample's mean: a number. */
  readonly total: Value;
  /** Of a masked output: sum over the batch of the share of each sample that counts. */
  readonly weight?: Value;
}

/** Losses that Keras measures by the same formula under the same name. */
type MeasuredLoss = Exclude<LossName, 'cosine_similarity' | 'huber' | 'log_cosh' | `${string}_focal_crossentropy`>;

type MetricKind =
  | MeasuredLoss
  | `${'binary' | 'categorical' | 'sparse_categorical' | 'top_k_categorical' | 'sparse_top_k_categorical'}_accuracy`
  | 'root_mean_squared_error' | 'cosine_similarity' | 'log_cosh_error';

const classNames: Readonly<Record<MetricKind, string>> = {
  binary_accuracy: 'BinaryAccuracy',
  categorical_accuracy: 'CategoricalAccuracy',
  sparse_categorical_accuracy: 'SparseCategoricalAccuracy',
  top_k_categorical_accuracy: 'TopKCategoricalAccuracy',
  sparse_top_k_categorical_accuracy: 'SparseTopKCategoricalAccuracy',
  binary_crossentropy: 'BinaryCrossentropy',
  categorical_crossentropy: 'CategoricalCrossentropy',
  sparse_categorical_crossentropy: 'SparseCategoricalCrossentropy',
  mean_squared_error: 'MeanSquaredError',
  mean_absolute_error: 'MeanAbsoluteError',
  mean_absolute_percentage_error: 'MeanAbsolutePercentageError',
  mean_squared_logarithmic_error: 'MeanSquaredLogarithmicError',
  root_mean_squared_error: 'RootMeanSquaredError',
  cosine_similarity: 'CosineSimilarity',
  log_cosh_error: 'LogCoshError',
  kl_divergence: 'KLDivergence',
  poisson: 'Poisson',
  hinge: 'Hinge',
  squared_hinge: 'SquaredHinge',
  categorical_hinge: 'CategoricalHinge',
};

const kinds = Object.keys(classNames) as readonly MetricKind[];

const aliases: Readonly<Record<string, MetricKind>> = {
  bce: 'binary_crossentropy', BCE: 'binary_crossentropy',
  mse: 'mean_squared_error', MSE: 'mean_squared_error',
  mae: 'mean_absolute_error', MAE: 'mean_absolute_error',
  mape: 'mean_absolute_percentage_error', MAPE: 'mean_absolute_percentage_error',
  msle: 'mean_squared_logarithmic_error', MSLE: 'mean_squared_logarithmic_error',
};

/**
 * A metric as plans and Keras files name it; `accuracy` and `acc` choose one of three by the shapes, as Keras does. Throws
 * `unsupported` by name, `config-invalid`.
 */
export function resolveMetric(object: unknown, compared: Compared, where: string): Metric {
  const request = readKerasObject(object, where);
  const kind = metricKind(request, compared);
  if (!kind) throw unsupportedObject('metric', request.name, ['accuracy', ...kinds], where);
  const values = metricFunction(kind, request, where);
  return {
    name: metricName(kind, request),
    // Keras' root mean squared error heeds no mask.
    measure: (target, output, mask) => measured(values(target, output), kind === 'root_mean_squared_error' ? undefined : mask),
    finish: kind === 'root_mean_squared_error' ? Math.sqrt : (average) => average,
  };
}

function metricKind({ name, plain }: KerasRequest, compared: Compared): MetricKind | undefined {
  if (plain && ['accuracy', 'acc'].includes(name.toLowerCase())) return `${outcomeOf(compared)}_accuracy`;
  if (Object.hasOwn(aliases, name)) return aliases[name];
  return kinds.find((kind) => kind === name || classNames[kind] === name);
}

/** Keras names a metric after the string that asked for it, or after its own `name`. */
function metricName(kind: MetricKind, { name, config, plain }: KerasRequest): string {
  const own = config['name'];
  return plain ? name : typeof own === 'string' ? own : kind === 'log_cosh_error' ? 'logcosh' : kind;
}

function metricFunction(kind: MetricKind, request: KerasRequest, where: string): LossFunction {
  switch (kind) {
    case 'binary_accuracy': {
      const threshold = readNumber(request.config, 'threshold', { fallback: 0.5, where });
      return (target, output) => binaryAccuracy(target, output, threshold);
    }
    case 'categorical_accuracy':
      return (target, output) => sameClass(argMax(target, -1), output);
    case 'sparse_categorical_accuracy':
      return (target, output) => sameClass(cast(withoutLastOne(target, output), 'int32'), output);
    case 'top_k_categorical_accuracy': {
      const k = readNumber(request.config, 'k', { fallback: 5, least: 1, where });
      return (target, output) => amongFirst(argMax(target, -1), output, k);
    }
    case 'sparse_top_k_categorical_accuracy': {
      const k = readNumber(request.config, 'k', { fallback: 5, least: 1, where });
      return (target, output) => amongFirst(cast(withoutLastOne(target, output), 'int32'), output, k);
    }
    case 'root_mean_squared_error':
      return squaredError;
    case 'cosine_similarity':
      return (target, output) => cosine(...paired(target, output));
    case 'log_cosh_error':
      return lossFunction('log_cosh', request, where);
    default:
      return lossFunction(kind, request, where);
  }
}

function binaryAccuracy(target: Value, output: Value, threshold: number): Value {
  const [t, y] = matchRanks(target, output);
  return cast(equal(t, cast(greater(y, threshold), 'float32')), 'float32');
}

function sameClass(classes: Value, output: Value): Value {
  return cast(equal(classes, argMax(output, -1)), 'float32');
}

/** Whether fewer than `k` classes are rated above the one that is meant. */
function amongFirst(classes: Value, output: Value, k: number): Value {
  const chosen = oneHot(classes, output.shape.at(-1) ?? 1);
  const above = greater(output, sum(mul(chosen, output), [-1], true));
  return cast(greater(k, sum(cast(above, 'float32'), [-1])), 'float32');
}

/** Class indices [batch, ..., 1] as [batch, ...]. */
function withoutLastOne(target: Value, output: Value): Value {
  const extra = target.shape.length === output.shape.length && target.shape.at(-1) === 1;
  return extra ? reshape(target, target.shape.slice(0, -1)) : target;
}

function squaredError(target: Value, output: Value): Value {
  const [t, y] = matchRanks(target, output);
  const difference = sub(t, y);
  return mul(difference, difference);
}

/** As Keras' `reduce_to_samplewise_values`. */
function measured(values: Value, mask: Value | undefined): Measured {
  if (!mask) return { total: sum(perSample(values)) };
  const [matched, counts] = matchRanks(values, cast(mask, 'float32'));
  const rank = counts.shape.length;
  const extra = matched.shape.map((_, axis) => axis).slice(rank);
  const each = extra.length === 0 ? matched : mean(matched, extra);
  requireMaskShape(each, counts);
  return { total: sum(perSample(mul(each, counts))), weight: sum(perSample(counts)) };
}

/** [batch, ...] to [batch]: the mean of each sample's values. */
function perSample(values: Value): Value {
  const axes = values.shape.map((_, axis) => axis).slice(1);
  return axes.length === 0 ? values : mean(values, axes);
}
