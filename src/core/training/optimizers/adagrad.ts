import { add, div, mul, sub } from '../../ops/binary';
import { sqrt } from '../../ops/unary';
import { readNumber } from '../kerasObject';
import { squaredGradient } from '../rowGradients';
import { LEARNING_RATE, type OptimizerDefinition, type UpdateRule } from './optimizer';

/** keras.optimizers.Adagrad (Duchi et al. 2011), with Keras' epsilon inside the root. */
export const adagrad: OptimizerDefinition = {
  className: 'Adagrad',
  defaultLearningRate: 0.001,
  defaultWeightDecay: null,
  settings: ['initial_accumulator_value', 'epsilon'],
  bind(config, where): UpdateRule {
    const start = readNumber(config, 'initial_accumulator_value', { fallback: 0.1, least: 0, where });
    const epsilon = readNumber(config, 'epsilon', { fallback: 1e-7, least: 0, where });
    return {
      slots: [['accumulator']],
      initial: { accumulator: start },
      rates: (learningRate) => ({ [LEARNING_RATE]: learningRate }),
      update: ({ weight, gradient, slot, keep, rate }) => {
        const accumulator = add(slot('accumulator'), squaredGradient(gradient));
        keep('accumulator', accumulator);
        return sub(weight, div(mul(gradient, rate(LEARNING_RATE)), sqrt(add(accumulator, epsilon))));
      },
    };
  },
};
