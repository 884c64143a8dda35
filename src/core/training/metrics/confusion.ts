import type { JsonObject } from '../../model/json';
import { floatTensor } from '../../model/tensor';
import { add, maximum, minimum, mul, sub } from '../../ops/binary';
import { cast } from '../../ops/cast';
import { greater } from '../../ops/compare';
import type { Value } from '../../ops/graph';
import { oneHot } from '../../ops/oneHot';
import { argMax, sum } from '../../ops/reduce';
import { reshape } from '../../ops/reshape';
import { slice } from '../../ops/slice';
import { where as choose } from '../../ops/where';
import { invalidSetting, readNumber } from '../kerasObject';
import { paired } from '../losses/settings';
import { asRank, type MetricClass, type MetricInputs, type MetricRule, oneOrAll, ratio, type Sums } from './metric';

/** Above it a prediction is positive. */
export interface Thresholds {
  readonly values: readonly number[];
  /** Keras then sorts predictions into buckets: y (T - 1) > t instead of y > threshold t. */
  readonly even: boolean;
  /** The first threshold lies below 0: everything is above it. */
  readonly open: boolean;
}

export interface Counting {
  readonly thresholds: Thresholds;
  /** Only the k highest of the last axis can be positive. */
  readonly topK?: number | undefined;
  /** Only this class counts. */
  readonly classId?: number | undefined;
  /** Of each place of the last axis. */
  readonly labelWeights?: readonly number[] | undefined;
  /** Counts each place of the last axis for itself. */
  readonly perLabel?: boolean;
}

const NEGATIVE = -1e10;

/**
 * True positives and false positives at each threshold ([thresholds], or [labels, thresholds]), positives and negatives in all.
 * As Keras' `update_confusion_matrix_variables`. Throws `data-mismatch`.
 */
export function countConfusion({ target, output, weights }: MetricInputs, counting: Counting): readonly Value[] {
  const { topK, classId, labelWeights, perLabel = false } = counting;
  const [t, y] = paired(target, output);
  const kept = topK === undefined ? y : onlyHighest(y, topK);
  const [labels, predictions] = classId === undefined ? [t, kept] : [slice(t, -1, classId, classId + 1), slice(kept, -1, classId, classId + 1)];
  const weighed = weightsOf(labels, weights, perLabel ? undefined : labelWeights);
  const weigh = (x: Value): Value => (weighed ? mul(x, weighed) : x);
  const positive = cast(cast(labels, 'bool'), 'float32');
  const [trueLabels, falseLabels] = [weigh(positive), weigh(sub(1, positive))];
  const above = cast(isAbove(predictions, counting.thresholds), 'float32');
  const rank = above.shape.length;
  const axes = above.shape.map((_, axis) => axis).slice(0, perLabel ? rank - 2 : rank - 1);
  const counted = (flags: Value): Value => sum(mul(above, reshape(flags, [...flags.shape, 1])), axes);
  const total = (flags: Value): Value => (perLabel ? sum(flags, axes) : sum(flags));
  return [counted(trueLabels), counted(falseLabels), total(trueLabels), total(falseLabels)];
}

function weightsOf(labels: Value, weights: Value | undefined, labelWeights: readonly number[] | undefined): Value | undefined {
  const samples = weights && asRank(weights, labels.shape.length);
  if (!labelWeights) return samples;
  const places = labels.graph.constant(floatTensor([labelWeights.length], Float32Array.from(labelWeights)));
  return samples ? mul(samples, places) : places;
}

/** [...] to [..., thresholds], bool */
function isAbove(y: Value, { values, even, open }: Thresholds): Value {
  const bounds = even ? values.map((_, index) => (index === 0 && open ? -1 : index)) : values;
  const scaled = even ? mul(maximum(minimum(y, 1), 0), values.length - 1) : y;
  return greater(reshape(scaled, [...scaled.shape, 1]), y.graph.constant(floatTensor([bounds.length], Float32Array.from(bounds))));
}

/** The k highest of the last axis, the first of equal ones; all others far below any threshold. */
function onlyHighest(y: Value, k: number): Value {
  const size = y.shape.at(-1) ?? 1;
  const chosen: Value[] = [];
  let left = y;
  for (let count = 0; count < Math.min(k, size); count++) {
    const hot = oneHot(argMax(left, -1), size);
    chosen.push(hot);
    left = choose(greater(hot, 0.5), -3e38, left);
  }
  const mask = chosen.reduce((all, hot) => add(all, hot));
  return choose(greater(mask, 0.5), y, NEGATIVE);
}

/** `thresholds` of a config, a number or a list. Throws `config-invalid`. */
function readThresholds(config: JsonObject, fallback: number, where: string): Thresholds {
  const given = config['thresholds'] ?? null;
  const list: readonly unknown[] = given === null ? [fallback] : Array.isArray(given) ? given : [given];
  const values = list.filter((item): item is number => typeof item === 'number' && (given === null || (item >= 0 && item <= 1)));
  if (values.length === list.length && values.length > 0) return { values, even: isEven(values), open: false };
  throw invalidSetting(`${where}.thresholds`, 'numbers from 0 to 1', given);
}

/** As `numpy.allclose` with Keras' epsilon. */
export function isEven(thresholds: readonly number[]): boolean {
  const last = thresholds.length - 1;
  return last >= 2 && thresholds.every((value, index) => Math.abs(value - index / last) <= 1e-7 + (1e-5 * index) / last);
}

/** From 0 to 1 in equal steps. */
export function evenThresholds(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index / (count - 1));
}

function readOptional(config: JsonObject, key: string, { least, where }: { least: number; where: string }): number | undefined {
  return (config[key] ?? null) === null ? undefined : readNumber(config, key, { least, where });
}

/** Numbers at each threshold. */
interface Counts {
  readonly tp: readonly number[];
  readonly fp: readonly number[];
  readonly fn: readonly number[];
  readonly tn: readonly number[];
}

function countsOf([tp, fp, [positives], [negatives]]: Sums): Counts {
  return { tp, fp, fn: tp.map((count) => positives - count), tn: fp.map((count) => negatives - count) };
}

function counter(pick: (counts: Counts) => readonly number[]): MetricClass {
  return (config, where) => {
    const thresholds = readThresholds(config, 0.5, where);
    return { parts: (inputs) => countConfusion(inputs, { thresholds }), finish: (sums) => oneOrAll(pick(countsOf(sums))) };
  };
}

function share(pick: (counts: Counts) => readonly number[]): MetricClass {
  return (config, where): MetricRule => {
    const topK = readOptional(config, 'top_k', { least: 1, where });
    const classId = readOptional(config, 'class_id', { least: 0, where });
    const thresholds = readThresholds(config, topK === undefined ? 0.5 : NEGATIVE, where);
    return {
      parts: (inputs) => countConfusion(inputs, { thresholds, topK, classId }),
      finish: (sums) => oneOrAll(pick(countsOf(sums))),
    };
  };
}

const recallOf = ({ tp, fn }: Counts): number[] => tp.map((count, index) => ratio(count, count + fn[index]));
const precisionOf = ({ tp, fp }: Counts): number[] => tp.map((count, index) => ratio(count, count + fp[index]));
const specificityOf = ({ tn, fp }: Counts): number[] => tn.map((count, index) => ratio(count, count + fp[index]));

/** The highest that one share reaches at a threshold where the other is at least what is asked. */
function best(key: string, held: (counts: Counts) => number[], wanted: (counts: Counts) => number[]): MetricClass {
  return (config, where) => {
    const least = readNumber(config, key, { least: 0, most: 1, where });
    const count = readNumber(config, 'num_thresholds', { fallback: 200, least: 1, where });
    const classId = readOptional(config, 'class_id', { least: 0, where });
    const thresholds: Thresholds = count === 1 ? { values: [0.5], even: false, open: false } : { values: evenThresholds(count), even: true, open: false };
    return {
      parts: (inputs) => countConfusion(inputs, { thresholds, classId }),
      finish: (sums) => {
        const counts = countsOf(sums);
        const [constrained, dependent] = [held(counts), wanted(counts)];
        return Math.max(0, ...dependent.filter((_, index) => constrained[index] >= least));
      },
    };
  };
}

/** Metrics of keras.metrics that count right and wrong decisions. */
export const confusionMetrics: Readonly<Record<string, MetricClass>> = {
  TruePositives: counter(({ tp }) => tp),
  FalsePositives: counter(({ fp }) => fp),
  TrueNegatives: counter(({ tn }) => tn),
  FalseNegatives: counter(({ fn }) => fn),
  Precision: share(precisionOf),
  Recall: share(recallOf),
  SensitivityAtSpecificity: best('specificity', specificityOf, recallOf),
  SpecificityAtSensitivity: best('sensitivity', recallOf, specificityOf),
  PrecisionAtRecall: best('recall', recallOf, precisionOf),
  RecallAtPrecision: best('precision', precisionOf, recallOf),
};
