import { add, div, maximum, mul, sub } from '../../ops/binary';
import { abs } from '../../ops/unary';
import { mapGradient } from '../rowGradients';
import { biasCorrection, momentSettings, readMoments } from './moments';
import { LEARNING_RATE, type OptimizerDefinition, type UpdateRule } from './optimizer';

/** 1 - beta1^t */
const CORRECTION = 'correction';

/** keras.optimizers.Adamax (Kingma and Ba 2014, section 7): Adam by the infinity norm. */
export const adamax: OptimizerDefinition = {
  className: 'Adamax',
  defaultLearningRate: 0.001,
  defaultWeightDecay: null,
  settings: momentSettings,
  bind(config, where): UpdateRule {
    const { beta1, beta2, epsilon } = readMoments(config, where);
    return {
      slots: [['momentum', 'norm']],
      rates: (learningRate, iteration) => ({ [LEARNING_RATE]: learningRate, [CORRECTION]: biasCorrection(beta1, iteration) }),
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
