import { add, div, mul, sub } from '../../ops/binary';
import { sqrt } from '../../ops/unary';
import { readFlag, readNumber } from '../kerasObject';
import { squaredGradient } from '../rowGradients';
import { LEARNING_RATE, type OptimizerDefinition, type UpdateRule } from './optimizer';

/** keras.optimizers.RMSprop (Tieleman and Hinton 2012), with Keras' epsilon inside the root. */
export const rmsprop: OptimizerDefinition = {
  className: 'RMSprop',
  defaultLearningRate: 0.001,
  defaultWeightDecay: null,
  settings: ['rho', 'momentum', 'epsilon', 'centered'],
  bind(config, where): UpdateRule {
    const rho = readNumber(config, 'rho', { fallback: 0.9, least: 0, most: 1, where });
    const momentum = readNumber(config, 'momentum', { fallback: 0, least: 0, most: 1, where });
    const epsilon = readNumber(config, 'epsilon', { fallback: 1e-7, least: 0, where });
    const centered = readFlag(config, 'centered', false, where);
    return {
      slots: [['velocity'], ...(momentum > 0 ? [['momentum']] : []), ...(centered ? [['average_gradient']] : [])],
      rates: (learningRate) => ({ [LEARNING_RATE]: learningRate }),
      update: ({ weight, gradient, slot, keep, rate }) => {
        const velocity = add(mul(slot('velocity'), rho), mul(squaredGradient(gradient), 1 - rho));
        keep('velocity', velocity);
        const average = centered ? add(mul(slot('average_gradient'), rho), mul(gradient, 1 - rho)) : undefined;
        if (average) keep('average_gradient', average);
        const spread = average ? sub(velocity, mul(average, average)) : velocity;
        const increment = div(mul(gradient, rate(LEARNING_RATE)), sqrt(add(spread, epsilon)));
        if (momentum === 0) return sub(weight, increment);
        const moved = add(mul(slot('momentum'), momentum), increment);
        keep('momentum', moved);
        return sub(weight, moved);
      },
    };
  },
};
