import type { JsonObject } from '../../model/json';
import { add, div, maximum, minimum, mul, sub } from '../../ops/binary';
import { greater } from '../../ops/compare';
import type { Value } from '../../ops/graph';
import { mean, sum } from '../../ops/reduce';
import { abs, log, neg, softplus, sqrt } from '../../ops/unary';
import { where as choose } from '../../ops/where';
import { readNumber } from '../kerasObject';
import { EPSILON, requireDefault } from './settings';

/** y_true and y_pred, of one shape, to one number for each place of the last axis' owner. Formulas of keras.losses. */
type Distance = (target: Value, output: Value) => Value;

/** Losses that compare two arrays of one shape, by the name of Keras' function. Each reads its settings; throws `config-invalid`. */
export const distances = {
  mean_squared_error: () => (t, y) => mean(square(sub(t, y)), [-1]),
  mean_absolute_error: () => (t, y) => mean(abs(sub(t, y)), [-1]),
  mean_absolute_percentage_error: () => (t, y) => mul(mean(abs(div(sub(t, y), maximum(abs(t), EPSILON))), [-1]), 100),
  mean_squared_logarithmic_error: () => (t, y) => mean(square(sub(logOfOneMore(y), logOfOneMore(t))), [-1]),
  huber: bindHuber,
  log_cosh: () => logCosh,
  cosine_similarity: (config, where) => {
    requireDefault(config['axis'] ?? -1, -1, `${where}.axis`);
    return (t, y) => neg(cosine(t, y));
  },
  poisson: () => (t, y) => mean(sub(y, mul(t, log(add(y, EPSILON)))), [-1]),
  kl_divergence: () => klDivergence,
} satisfies Readonly<Record<string, (config: JsonObject, where: string) => Distance>>;

function square(x: Value): Value {
  return mul(x, x);
}

function logOfOneMore(x: Value): Value {
  return log(add(maximum(x, EPSILON), 1));
}

/** Half the square up to delta, beyond that a line of the same slope. */
function bindHuber(config: JsonObject, where: string): Distance {
  const delta = readNumber(config, 'delta', { fallback: 1, where });
  return (t, y) => {
    const error = sub(y, t);
    const size = abs(error);
    return mean(choose(greater(size, delta), sub(mul(size, delta), 0.5 * delta * delta), mul(square(error), 0.5)), [-1]);
  };
}

/** x + softplus(-2x) - log 2, which does not overflow. */
function logCosh(target: Value, output: Value): Value {
  const x = sub(output, target);
  return mean(sub(add(x, softplus(mul(x, -2))), Math.LN2), [-1]);
}

/** The cosine of the angle between two vectors; vectors shorter than epsilon are taken as that long. */
export function cosine(target: Value, output: Value): Value {
  return sum(mul(unit(target), unit(output)), [-1]);
}

function unit(x: Value): Value {
  return mul(x, minimum(div(1, sqrt(sum(square(x), [-1], true))), 1 / EPSILON));
}

function klDivergence(target: Value, output: Value): Value {
  const [t, y] = [target, output].map((p) => minimum(maximum(p, EPSILON), 1));
  return sum(mul(t, log(div(t, y))), [-1]);
}
