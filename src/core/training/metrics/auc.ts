import type { JsonObject } from '../../model/json';
import type { Value } from '../../ops/graph';
import { sigmoid } from '../../ops/unary';
import { SurgeryError } from '../../errors';
import { showShape } from '../../ops/shape';
import { invalidSetting, readFlag, readNumber } from '../kerasObject';
import { countConfusion, evenThresholds, isEven, type Thresholds } from './confusion';
import { type MetricClass, type MetricInputs, ratio, type Sums } from './metric';

const EPSILON = 1e-7;

type Curve = 'ROC' | 'PR' | 'PRGAIN';
type Summation = 'interpolation' | 'minoring' | 'majoring';

/** Counts of one label at each threshold, from the lowest to the highest. */
interface LabelCounts {
  readonly tp: readonly number[];
  readonly fp: readonly number[];
  readonly positives: number;
  readonly negatives: number;
}

/** keras.metrics.AUC: the area under a curve of a few hundred thresholds, by Riemann sums. */
export const auc: MetricClass = (config, where) => {
  const curve = readWord<Curve>(config, 'curve', { words: ['ROC', 'PR', 'PRGAIN'], where });
  const summation = readWord<Summation>(config, 'summation_method', { words: ['interpolation', 'minoring', 'majoring'], where });
  const thresholds = readThresholds(config, where);
  const perLabel = readFlag(config, 'multi_label', false, where);
  const labelWeights = readLabelWeights(config, where);
  const logits = readFlag(config, 'from_logits', false, where);
  return {
    parts: (inputs) => {
      if (perLabel) requireLabels(inputs.output);
      const measured: MetricInputs = logits ? { ...inputs, output: sigmoid(inputs.output) } : inputs;
      return countConfusion(measured, { thresholds, perLabel, labelWeights });
    },
    finish: (sums) => {
      const areas = labelsOf(sums).map((counts) => (curve === 'PR' && summation === 'interpolation' ? interpolatedArea(counts) : riemannArea(pointsOf(counts, curve), summation)));
      const weights = perLabel && labelWeights ? labelWeights : areas.map(() => 1);
      const total = areas.reduce((sum, area, index) => sum + area * weights[index], 0);
      return ratio(total, weights.reduce((sum, weight) => sum + weight, 0));
    },
  };
};

function readWord<T extends string>(config: JsonObject, key: string, { words, where }: { words: readonly T[]; where: string }): T {
  const given = config[key] ?? words[0];
  const word = words.find((known) => typeof given === 'string' && known.toLowerCase() === given.toLowerCase());
  if (word) return word;
  throw invalidSetting(`${where}.${key}`, words.join(', '), given);
}

function readNumbers(config: JsonObject, key: string, where: string): readonly number[] | undefined {
  const given = config[key] ?? null;
  if (given === null) return undefined;
  const numbers = Array.isArray(given) ? (given as readonly unknown[]).filter((item): item is number => typeof item === 'number' && Number.isFinite(item)) : [];
  if (Array.isArray(given) && numbers.length === given.length && numbers.length > 0) return numbers;
  throw invalidSetting(`${where}.${key}`, 'a list of numbers', given);
}

function readLabelWeights(config: JsonObject, where: string): readonly number[] | undefined {
  return readNumbers(config, 'label_weights', where);
}

function readThresholds(config: JsonObject, where: string): Thresholds {
  const given = readNumbers(config, 'thresholds', where);
  const inner = given ? [...given].sort((a, b) => a - b) : evenThresholds(readNumber(config, 'num_thresholds', { fallback: 200, least: 2, where })).slice(1, -1);
  return { values: [-EPSILON, ...inner, 1 + EPSILON], even: !given || isEven([0, ...inner, 1]), open: true };
}

function requireLabels(output: Value): void {
  if (output.shape.length === 2) return;
  throw new SurgeryError('data-mismatch', 'AUC with multi_label needs an output with one number for each label.', {
    expected: '[batch, labels]', received: showShape(output.shape),
  });
}

function labelsOf([tp, fp, positives, negatives]: Sums): LabelCounts[] {
  const count = tp.length / positives.length;
  return positives.map((_, label) => ({
    tp: tp.slice(label * count, (label + 1) * count),
    fp: fp.slice(label * count, (label + 1) * count),
    positives: positives[label],
    negatives: negatives[label],
  }));
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function pointsOf({ tp, fp, positives, negatives }: LabelCounts, curve: Curve): Point[] {
  return tp.map((right, index) => {
    const wrong = fp[index];
    const recall = ratio(right, positives);
    if (curve === 'ROC') return { x: ratio(wrong, negatives), y: recall };
    if (curve === 'PR') return { x: recall, y: ratio(right, right + wrong) };
    const scale = ratio(positives, negatives);
    if (right === 0) return { x: 0, y: 1 };
    return { x: Math.max(0, 1 - scale * ratio(positives - right, right)), y: 1 - scale * ratio(wrong, right) };
  });
}

function riemannArea(points: readonly Point[], summation: Summation): number {
  const height = { interpolation: (a: number, b: number) => (a + b) / 2, minoring: Math.min, majoring: Math.max }[summation];
  return points.slice(1).reduce((area, { x, y }, index) => area + (points[index].x - x) * height(points[index].y, y), 0);
}

/** Davis and Goadrich 2006: precision between two points of the curve is no straight line. */
function interpolatedArea({ tp, fp, positives }: LabelCounts): number {
  const called = tp.map((right, index) => right + fp[index]);
  return tp.slice(1).reduce((area, right, index) => {
    const [before, after] = [called[index], called[index + 1]];
    const gained = tp[index] - right;
    const slope = ratio(gained, Math.max(before - after, 0));
    const intercept = right - slope * after;
    const quotient = before > 0 && after > 0 ? before / after : 1;
    return area + ratio(slope * (gained + intercept * Math.log(quotient)), Math.max(positives, 0));
  }, 0);
}
