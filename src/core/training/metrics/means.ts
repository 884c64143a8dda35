import { add, div, mul, sub } from '../../ops/binary';
import { cast } from '../../ops/cast';
import { equal, greater } from '../../ops/compare';
import type { Value } from '../../ops/graph';
import { oneHot } from '../../ops/oneHot';
import { argMax, mean, sum } from '../../ops/reduce';
import { reshape } from '../../ops/reshape';
import { transpose } from '../../ops/transpose';
import { sqrt } from '../../ops/unary';
import { invalidSetting, type KerasRequest, readNumber } from '../kerasObject';
import { cosine } from '../losses/distances';
import type { labelled } from '../losses/labels';
import { lossFunction, type LossName } from '../losses/losses';
import type { overlaps } from '../losses/overlaps';
import { EPSILON, type LossFunction, paired } from '../losses/settings';
import { matchRanks, requireMaskShape } from '../ranks';
import { asRank, type MetricRule, ratio } from './metric';

/** Losses that Keras measures by the same formula under the same name. */
type MeasuredLoss = Exclude<LossName, 'cosine_similarity' | 'huber' | 'log_cosh' | `${string}_focal_crossentropy` | keyof typeof labelled | keyof typeof overlaps>;

export type MeanKind =
  | MeasuredLoss
  | `${'binary' | 'categorical' | 'sparse_categorical' | 'top_k_categorical' | 'sparse_top_k_categorical'}_accuracy`
  | 'accuracy' | 'root_mean_squared_error' | 'cosine_similarity' | 'log_cosh_error' | 'pearson_correlation' | 'concordance_correlation';

/** Keras' class of each. */
export const meanClasses: Readonly<Record<MeanKind, string>> = {
  accuracy: 'Accuracy',
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
  pearson_correlation: 'PearsonCorrelation',
  concordance_correlation: 'ConcordanceCorrelation',
};

/** The mean over all samples of an epoch, as Keras' `MeanMetricWrapper`. Throws `config-invalid`. */
export function meanRule(kind: MeanKind, request: KerasRequest, where: string): MetricRule {
  const values = metricFunction(kind, request, where);
  const isRoot = kind === 'root_mean_squared_error';
  return {
    // Keras' root mean squared error heeds no mask.
    parts: ({ target, output, mask, weights }) => measured(values(target, output), countsOf(isRoot ? undefined : mask, weights)),
    finish: ([[total], ...weights], { samples }) => {
      const average = ratio(total, weights.length > 0 ? weights[0][0] : samples);
      return isRoot ? Math.sqrt(average) : average;
    },
  };
}

/** What samples (or places in them) count for; undefined where all count alike. */
function countsOf(mask: Value | undefined, weights: Value | undefined): Value | undefined {
  if (!mask || !weights) return mask ? cast(mask, 'float32') : weights;
  const [flags, laid] = matchRanks(cast(mask, 'float32'), weights);
  return mul(flags, asRank(laid, flags.shape.length));
}

/** Comparisons that no loss of Keras is, without settings. */
const comparisons: { readonly [K in MeanKind]?: LossFunction } = {
  accuracy: (target, output) => cast(equal(...matchRanks(target, output)), 'float32'),
  root_mean_squared_error: squaredError,
  categorical_accuracy: (target, output) => sameClass(argMax(target, -1), output),
  sparse_categorical_accuracy: (target, output) => sameClass(cast(withoutLastOne(target, output), 'int32'), output),
};

/** Comparisons of vectors, along an axis that the config may name. */
const comparedVectors: { readonly [K in MeanKind]?: LossFunction } = { cosine_similarity: cosine, pearson_correlation: pearson, concordance_correlation: concordance };

function metricFunction(kind: MeanKind, request: KerasRequest, where: string): LossFunction {
  const vectors = comparedVectors[kind];
  return vectors ? alongAxis(vectors, request, where) : comparisons[kind] ?? settledFunction(kind, request, where);
}

function settledFunction(kind: MeanKind, request: KerasRequest, where: string): LossFunction {
  switch (kind) {
    case 'binary_accuracy': {
      const threshold = readNumber(request.config, 'threshold', { fallback: 0.5, where });
      return (target, output) => binaryAccuracy(target, output, threshold);
    }
    case 'top_k_categorical_accuracy': {
      const k = readNumber(request.config, 'k', { fallback: 5, least: 1, where });
      return (target, output) => amongFirst(argMax(target, -1), output, k);
    }
    case 'sparse_top_k_categorical_accuracy': {
      const k = readNumber(request.config, 'k', { fallback: 5, least: 1, where });
      return (target, output) => amongFirst(cast(withoutLastOne(target, output), 'int32'), output, k);
    }
    case 'log_cosh_error':
      return lossFunction('log_cosh', request, where);
    default:
      return lossFunction(kind as LossName, request, where);
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

/** A comparison of vectors along the last axis, or along the one that the config names. */
function alongAxis(compare: LossFunction, { config }: KerasRequest, where: string): LossFunction {
  const axis = readNumber(config, 'axis', { fallback: -1, where });
  return (target, output) => {
    const pair = paired(target, output);
    const rank = pair[0].shape.length;
    const from = axis < 0 ? axis + rank : axis;
    if (from === rank - 1) return compare(...pair);
    if (!Number.isInteger(from) || from < 1 || from >= rank) throw invalidSetting(`${where}.axis`, `an axis of the output other than the batch`, axis);
    const order = [...pair[0].shape.keys()].filter((each) => each !== from);
    return compare(transpose(pair[0], [...order, from]), transpose(pair[1], [...order, from]));
  };
}

/** x - mean and its standard deviation, over the last axis. */
function centred(x: Value): { readonly offset: Value; readonly centre: Value; readonly variance: Value } {
  const centre = mean(x, [-1], true);
  const offset = sub(x, centre);
  return { offset, centre, variance: mean(mul(offset, offset), [-1], true) };
}

function pearson(target: Value, output: Value): Value {
  const [t, y] = [centred(target), centred(output)];
  return mean(mul(div(t.offset, sqrt(t.variance)), div(y.offset, sqrt(y.variance))), [-1]);
}

/** As Keras has it: both are taken relative to the mean of the output. */
function concordance(target: Value, output: Value): Value {
  const [t, y] = [centred(target), centred(output)];
  const apart = sub(t.centre, y.centre);
  const norm = add(add(t.variance, y.variance), mul(apart, apart));
  return mean(div(mul(mul(sub(target, y.centre), y.offset), 2), add(norm, EPSILON)), [-1]);
}

/** As Keras' `reduce_to_samplewise_values`: the sum over the batch of each sample's mean; where counts are given, also theirs. */
function measured(values: Value, counts: Value | undefined): readonly Value[] {
  if (!counts) return [sum(perSample(values))];
  const [matched, laid] = matchRanks(values, counts);
  const rank = laid.shape.length;
  const extra = matched.shape.map((_, axis) => axis).slice(rank);
  const each = extra.length === 0 ? matched : mean(matched, extra);
  requireMaskShape(each, laid);
  return [sum(perSample(mul(each, laid))), sum(perSample(laid))];
}

/** [batch, ...] to [batch]: the mean of each sample's values. */
function perSample(values: Value): Value {
  const axes = values.shape.map((_, axis) => axis).slice(1);
  return axes.length === 0 ? values : mean(values, axes);
}
