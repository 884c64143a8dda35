import { add, mul, sub } from '../../ops/binary';
import { sign } from '../../ops/unary';
import { readNumber } from '../kerasObject';
import { LEARNING_RATE, type OptimizerDefinition, type UpdateRule } from './optimizer';

/** keras.optimizers.Lion (Chen et al. 2023): steps of the same size, by the sign alone. */
export const lion: OptimizerDefinition = {
  className: 'Lion',
  defaultLearningRate: 0.001,
  defaultWeightDecay: null,
  settings: ['beta_1', 'beta_2'],
  bind(config, where): UpdateRule {
    const beta1 = readNumber(config, 'beta_1', { fallback: 0.9, least: Number.MIN_VALUE, most: 1, where });
    const beta2 = readNumber(config, 'beta_2', { fallback: 0.99, least: 0, most: 1, where });
    return {
      slots: [['momentum']],
      rates: (learningRate) => ({ [LEARNING_RATE]: learningRate }),
      update: ({ weight, gradient, slot, keep, rate }) => {
        const m = slot('momentum');
        const mixed = (beta: number): ReturnType<typeof add> => add(mul(m, beta), mul(gradient, 1 - beta));
        keep('momentum', mixed(beta2));
        return sub(weight, mul(sign(mixed(beta1)), rate(LEARNING_RATE)));
      },
    };
  },
};
