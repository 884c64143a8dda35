import type { JsonObject } from '../../model/json';
import { add, div, maximum, minimum, mul, pow, sub } from '../../ops/binary';
import { invalidSetting, readNumber } from '../kerasObject';
import { squaredGradient } from '../rowGradients';
import { LEARNING_RATE, type OptimizerDefinition, type UpdateRule } from './optimizer';

/** keras.optimizers.Ftrl (McMahan et al. 2013), with the shrinkage of Keras. */
export const ftrl: OptimizerDefinition = {
  className: 'Ftrl',
  defaultLearningRate: 0.001,
  defaultWeightDecay: null,
  settings: [
    'learning_rate_power', 'initial_accumulator_value', 'l1_regularization_strength', 'l2_regularization_strength',
    'l2_shrinkage_regularization_strength', 'beta',
  ],
  bind: bindFtrl,
};

function bindFtrl(config: JsonObject, where: string): UpdateRule {
  const strength = (key: string, fallback = 0): number => readNumber(config, key, { fallback, least: 0, where });
  const [l1, l2, shrinkage] = ['l1', 'l2', 'l2_shrinkage'].map((kind) => strength(`${kind}_regularization_strength`));
  const beta = readNumber(config, 'beta', { fallback: 0, where });
  const exponent = -readNumber(config, 'learning_rate_power', { fallback: -0.5, where });
  if (exponent < 0) throw invalidSetting(`${where}.learning_rate_power`, 'a number of at most 0', -exponent);
  return {
    slots: [['accumulator', 'linear']],
    initial: { accumulator: strength('initial_accumulator_value', 0.1) },
    rates: (learningRate) => ({ [LEARNING_RATE]: learningRate }),
    update: ({ weight, gradient, slot, keep, rate }) => {
      const learningRate = rate(LEARNING_RATE);
      const before = slot('accumulator');
      const accumulator = add(before, squaredGradient(gradient));
      const grown = div(sub(pow(accumulator, exponent), pow(before, exponent)), learningRate);
      const linear = add(slot('linear'), sub(add(gradient, mul(weight, 2 * shrinkage)), mul(grown, weight)));
      keep('accumulator', accumulator);
      keep('linear', linear);
      const quadratic = add(div(pow(accumulator, exponent), learningRate), add(2 * l2, div(beta, learningRate)));
      return div(sub(maximum(minimum(linear, l1), -l1), linear), quadratic);
    },
  };
}
