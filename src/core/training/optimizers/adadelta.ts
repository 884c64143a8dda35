import { add, div, mul, sub } from '../../ops/binary';
import { sqrt } from '../../ops/unary';
import { readNumber } from '../kerasObject';
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
        const squares = add(mul(slot('accumulated_grad'), rho), mul(mul(gradient, gradient), 1 - rho));
        keep('accumulated_grad', squares);
        const moves = slot('accumulated_delta_var');
        const move = div(mul(sqrt(add(moves, epsilon)), gradient), sqrt(add(squares, epsilon)));
        keep('accumulated_delta_var', add(mul(moves, rho), mul(mul(move, move), 1 - rho)));
        return sub(weight, mul(move, rate(LEARNING_RATE)));
      },
    };
  },
};
