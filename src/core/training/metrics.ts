import { mul, sub } from '../ops/binary';
import { cast } from '../ops/cast';
import { equal, greater } from '../ops/compare';
import type { Value } from '../ops/graph';
import { argMax, mean, sum } from '../ops/reduce';
import { reshape } from '../ops/reshape';
import { type KerasRequest, readKerasObject, readNumber, unsupportedObject } from './kerasObject';
import { type Compared, lossFunction, type LossFunction, type LossName, outcomeOf } from './losses';
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

type MetricKind = LossName | 'binary_accuracy' | 'categorical_accuracy' | 'sparse_categorical_accuracy' | 'root_mean_squared_error';

const classNames: Readonly<Record<MetricKind, string>> = {
  binary_accuracy: 'BinaryAccuracy',
  categorical_accuracy: 'CategoricalAccuracy',
  sparse_categorical_accuracy: 'SparseCategoricalAccuracy',
  binary_crossentropy: 'BinaryCrossentropy',
  categorical_crossentropy: 'CategoricalCrossentropy',
  sparse_categorical_crossentropy: 'SparseCategoricalCrossentropy',
  mean_squared_error: 'MeanSquaredError',
  mean_absolute_error: 'MeanAbsoluteError',
  root_mean_squared_error: 'RootMeanSquaredError',
};

const kinds = Object.keys(classNames) as readonly MetricKind[];

const aliases: Readonly<Record<string, MetricKind>> = {
  bce: 'binary_crossentropy', BCE: 'binary_crossentropy',
  mse: 'mean_squared_error', MSE: 'mean_squared_error',
  mae: 'mean_absolute_error', MAE: 'mean_absolute_error',
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
  return plain ? name : typeof own === 'string' ? own : kind;
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
    case 'root_mean_squared_error':
      return squaredError;
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
