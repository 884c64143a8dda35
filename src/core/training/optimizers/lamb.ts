import { add, div, mul, sub } from '../../ops/binary';
import { greater, logicalAnd } from '../../ops/compare';
import type { Value } from '../../ops/graph';
import { sum } from '../../ops/reduce';
import { sqrt } from '../../ops/unary';
import { where as choose } from '../../ops/where';
import { biasCorrection, momentSettings, readMoments, stepMoments } from './moments';
import { LEARNING_RATE, type OptimizerDefinition, type UpdateRule } from './optimizer';

/** 1 - beta1^t and 1 - beta2^t */
const [FIRST, SECOND] = ['first_correction', 'second_correction'];

/** keras.optimizers.Lamb (You et al. 2019): Adam's step, scaled to the norm of the weight that it moves. */
export const lamb: OptimizerDefinition = {
  className: 'Lamb',
  defaultLearningRate: 0.001,
  defaultWeightDecay: null,
  settings: momentSettings,
  bind(config, where): UpdateRule {
    const moments = readMoments(config, where);
    const { beta1, beta2, epsilon } = moments;
    return {
      slots: [['momentum', 'velocity']],
      rates: (learningRate, iteration) => ({ [LEARNING_RATE]: learningRate, [FIRST]: biasCorrection(beta1, iteration), [SECOND]: biasCorrection(beta2, iteration) }),
      update: (step) => {
        const { momentum, velocity } = stepMoments(step, moments);
        const { weight, rate } = step;
        const move = div(div(momentum, rate(FIRST)), add(sqrt(div(velocity, rate(SECOND))), epsilon));
        return sub(weight, mul(mul(move, trust(norm(weight), norm(move))), rate(LEARNING_RATE)));
      },
    };
  },
};

function norm(x: Value): Value {
  return sqrt(sum(mul(x, x)));
}

/** 1 where either norm is 0. */
function trust(weight: Value, step: Value): Value {
  const both = logicalAnd(greater(weight, 0), greater(step, 0));
  return choose(both, div(weight, choose(both, step, 1)), 1);
}
