import { add, div, maximum, mul, sub } from '../../ops/binary';
import { abs } from '../../ops/unary';
import { readNumber } from '../kerasObject';
import { mapGradient } from '../rowGradients';
import { LEARNING_RATE, type OptimizerDefinition, type UpdateRule } from './optimizer';

/** 1 - beta1^t */
const CORRECTION = 'correction';

/** keras.optimizers.Adamax (Kingma and Ba 2014, section 7): Adam by the infinity norm. */
export const adamax: OptimizerDefinition = {
  className: 'Adamax',
  defaultLearningRate: 0.001,
  defaultWeightDecay: null,
  settings: ['beta_1', 'beta_2', 'epsilon'],
  bind(config, where): UpdateRule {
    const beta1 = readNumber(config, 'beta_1', { fallback: 0.9, least: 0, most: 1, where });
    const beta2 = readNumber(config, 'beta_2', { fallback: 0.999, least: 0, most: 1, where });
    const epsilon = readNumber(config, 'epsilon', { fallback: 1e-7, least: 0, where });
    return {
      slots: [['momentum', 'norm']],
      rates: (learningRate, iteration) => ({ [LEARNING_RATE]: learningRate, [CORRECTION]: 1 - Math.fround(Math.fround(beta1) ** (iteration + 1)) }),
      update: ({ weight, gradient, slot, keep, rate }) => {
        const m = slot('momentum');
        const momentum = add(m, mul(sub(gradient, m), 1 - beta1));
        const norm = maximum(mul(slot('norm'), beta2), mapGradient(gradient, abs));
        keep('momentum', momentum);
        keep('norm', norm);
        return sub(weight, div(mul(momentum, rate(LEARNING_RATE)), mul(add(norm, epsilon), rate(CORRECTION))));
      },
    };
  },
};
