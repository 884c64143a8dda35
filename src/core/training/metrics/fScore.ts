import { SurgeryError } from '../../errors';
import type { JsonObject } from '../../model/json';
import { mul, sub } from '../../ops/binary';
import { cast } from '../../ops/cast';
import { greater, greaterEqual, logicalAnd } from '../../ops/compare';
import type { Value } from '../../ops/graph';
import { max, sum } from '../../ops/reduce';
import { sameShape, showShape } from '../../ops/shape';
import { abs } from '../../ops/unary';
import { invalidSetting, readNumber } from '../kerasObject';
import { matchRanks } from '../ranks';
import { asRank, type MetricClass, type MetricInputs, type MetricRule, type MetricValue, type Sums } from './metric';

const EPSILON = 1e-7;

type Average = 'micro' | 'macro' | 'weighted' | null;

/** keras.metrics.FBetaScore and F1Score: by class, or averaged over the classes. */
function fScore(config: JsonObject, beta: number, where: string): MetricRule {
  const average = readAverage(config, where);
  const threshold = (config['threshold'] ?? null) === null ? null : readNumber(config, 'threshold', { least: 0, most: 1, where });
  return {
    parts: (inputs) => countClasses(inputs, threshold),
    finish: (sums) => averaged(average === 'micro' ? sums.map((classes) => [classes.reduce((total, count) => total + count, 0)]) : sums, { average, beta }),
  };
}

function readAverage(config: JsonObject, where: string): Average {
  const given = config['average'] ?? null;
  const known = ([null, 'micro', 'macro', 'weighted'] as const).find((word) => word === given);
  if (known !== undefined) return known;
  throw invalidSetting(`${where}.average`, 'null, micro, macro or weighted', given);
}

/** True positives, false positives, false negatives and positives of each class. */
function countClasses({ target, output, weights }: MetricInputs, threshold: number | null): readonly Value[] {
  const [t, y] = matchRanks(target, output);
  if (y.shape.length !== 2 || !sameShape(t.shape, y.shape)) {
    throw new SurgeryError('data-mismatch', 'An F score needs a target for each class.', { expected: `${showShape(output.shape)}, one hot`, received: showShape(target.shape) });
  }
  const called = threshold === null ? logicalAnd(greaterEqual(y, max(y, [-1], true)), greater(abs(y), 1e-9)) : greater(y, threshold);
  const positive = cast(called, 'float32');
  const weighed = (x: Value): Value => sum(weights ? mul(x, asRank(weights, 2)) : x, [0]);
  return [weighed(mul(positive, t)), weighed(mul(positive, sub(1, t))), weighed(mul(sub(1, positive), t)), weighed(t)];
}

function averaged([tp, fp, fn, positives]: Sums, { average, beta }: { average: Average; beta: number }): MetricValue {
  const scores = tp.map((right, index) => {
    const precision = right / (right + fp[index] + EPSILON);
    const recall = right / (right + fn[index] + EPSILON);
    return ((1 + beta * beta) * precision * recall) / (beta * beta * precision + recall + EPSILON);
  });
  if (average === null) return scores;
  const all = positives.reduce((sum, count) => sum + count, 0) + EPSILON;
  const weights = average === 'weighted' ? positives.map((count) => count / all) : scores.map(() => 1 / scores.length);
  return scores.reduce((sum, score, index) => sum + score * weights[index], 0);
}

export const fScores: Readonly<Record<string, MetricClass>> = {
  F1Score: (config, where) => fScore(config, 1, where),
  FBetaScore: (config, where) => fScore(config, readNumber(config, 'beta', { fallback: 1, least: Number.MIN_VALUE, where }), where),
};
