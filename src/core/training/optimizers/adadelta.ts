import { add, div, mul, sub } from '../../ops/binary';
import { sqrt } from '../../ops/unary';
import { readNumber } from '../kerasObject';
import { squaredGradient } from '../rowGradients';
import { LEARNING_RATE, type OptimizerDefinition, type UpdateRule } from './optimizer';

/** keras.optimizers.Adadelta (Zeiler 2012): the step's size is that of earlier steps. */
export const adadelta: OptimizerDefinition = {
  className: 'Adadelta',
  defaultLearningRate: 0.001,
  defaultWeightDecay: null,
  settings: ['rho', 'epsilon'],
  bind(config, where): UpdateRule {
    const rho = readNumber(config, 'rho', { fallback: 0.95, least: 0, most: 1, where });
    const epsilon = readNumber(config, 'epsilon', { fallback: 1e-7, least: 0, where });
    return {
      slots: [['accumulated_grad', 'accumulated_delta_var']],
      rates: (learningRate) => ({ [LEARNING_RATE]: learningRate }),
      update: ({ weight, gradient, slot, keep, rate }) => {
        const squares = add(mul(slot('accumulated_grad'), rho), mul(squaredGradient(gradient), 1 - rho));
        keep('accumulated_grad', squares);
        const moves = slot('accumulated_delta_var');
        const factor = div(sqrt(add(moves, epsilon)), sqrt(add(squares, epsilon)));
        // The move of a table's row is squared slice by slice too.
        keep('accumulated_delta_var', add(mul(moves, rho), mul(mul(mul(factor, factor), squaredGradient(gradient)), 1 - rho)));
        return sub(weight, mul(mul(factor, gradient), rate(LEARNING_RATE)));
      },
    };
  },
};
