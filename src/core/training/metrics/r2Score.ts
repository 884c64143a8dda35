import { SurgeryError } from '../../errors';
import { add, mul, sub } from '../../ops/binary';
import type { Value } from '../../ops/graph';
import { sum } from '../../ops/reduce';
import { showShape } from '../../ops/shape';
import { invalidSetting, readNumber } from '../kerasObject';
import { paired } from '../losses/settings';
import { asRank, type MetricClass, type MetricInputs, type MetricValue, type Sums } from './metric';

const aggregations = ['uniform_average', 'variance_weighted_average', null] as const;
type Aggregation = (typeof aggregations)[number];

/** keras.metrics.R2Score: 1 - residual / variance, by output or averaged; adjusted for the number of regressors. */
export const r2Score: MetricClass = (config, where) => {
  const { class_aggregation: given = 'uniform_average' } = config as Readonly<Record<string, unknown>>;
  const at = aggregations.findIndex((word) => word === given);
  if (at < 0) throw invalidSetting(`${where}.class_aggregation`, 'uniform_average, variance_weighted_average or null', given);
  const aggregation = aggregations[at];
  const regressors = readNumber(config, 'num_regressors', { fallback: 0, least: 0, where });
  return {
    parts: moments,
    // Keras counts the numbers of all outputs as samples.
    finish: (sums, { samples }) => adjusted(aggregated(sums, aggregation), regressors, samples * sums[0].length),
  };
};

/** Sum, sum of squares and of squared errors, and the weight, of each column. */
function moments({ target, output, weights }: MetricInputs): readonly Value[] {
  const [t, y] = paired(target, output);
  if (y.shape.length !== 2) {
    throw new SurgeryError('data-mismatch', 'R2Score needs an output of one axis beside the batch.', { expected: '[batch, outputs]', received: showShape(output.shape) });
  }
  const error = sub(t, y);
  const ones = add(mul(t, 0), 1);
  const weighed = (x: Value): Value => sum(weights ? mul(x, asRank(weights, 2)) : x, [0]);
  return [weighed(t), weighed(mul(t, t)), weighed(mul(error, error)), weighed(ones)];
}

function aggregated([totals, squares, residuals, counts]: Sums, aggregation: Aggregation): MetricValue {
  const spreads = totals.map((total, index) => squares[index] - (total * total) / counts[index]);
  const scores = spreads.map((spread, index) => {
    const score = 1 - residuals[index] / spread;
    return Math.abs(score) === Infinity ? 0 : score;
  });
  if (aggregation === null) return scores;
  const weights = aggregation === 'uniform_average' ? scores.map(() => 1) : spreads;
  return scores.reduce((sum, score, index) => sum + score * weights[index], 0) / weights.reduce((sum, weight) => sum + weight, 0);
}

/** As it is where there are too few samples for so many regressors, as in Keras. */
function adjusted(score: MetricValue, regressors: number, samples: number): MetricValue {
  if (regressors === 0 || regressors >= samples - 1) return score;
  const adjust = (one: number): number => 1 - ((1 - one) * (samples - 1)) / (samples - regressors - 1);
  return typeof score === 'number' ? adjust(score) : score.map(adjust);
}
