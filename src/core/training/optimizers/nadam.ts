import { add, div, mul, sub } from '../../ops/binary';
import { sqrt } from '../../ops/unary';
import { momentSettings, readMoments, stepMoments } from './moments';
import { LEARNING_RATE, type OptimizerDefinition, type Rates, type UpdateRule } from './optimizer';

/** Factors of the momentum and of the gradient in the step, and what the squares are divided by. */
const [OF_MOMENTUM, OF_GRADIENT, CORRECTION] = ['of_momentum', 'of_gradient', 'correction'];

/** keras.optimizers.Nadam (Dozat 2015): Adam with Nesterov momentum, its momentum on Keras' schedule. */
export const nadam: OptimizerDefinition = {
  className: 'Nadam',
  defaultLearningRate: 0.001,
  defaultWeightDecay: null,
  settings: momentSettings,
  bind(config, where): UpdateRule {
    const moments = readMoments(config, where);
    const { beta1, beta2, epsilon } = moments;
    const schedule = momentumSchedule(beta1);
    return {
      slots: [['momentum', 'velocity']],
      rates: (learningRate, iteration) => ({ [LEARNING_RATE]: learningRate, ...factorsAt(schedule, beta2, iteration + 1) }),
      totals: (iteration) => ({ u_product: schedule.product(iteration) }),
      update: (step) => {
        const { momentum, velocity } = stepMoments(step, moments);
        const { weight, gradient, rate } = step;
        const looked = add(mul(momentum, rate(OF_MOMENTUM)), mul(gradient, rate(OF_GRADIENT)));
        return sub(weight, div(mul(looked, rate(LEARNING_RATE)), add(sqrt(div(velocity, rate(CORRECTION))), epsilon)));
      },
    };
  },
};

/** In float32, as Keras computes them. */
interface MomentumSchedule {
  /** u_t = beta1 (1 - 0.96^t / 2), t from 1 */
  readonly u: (step: number) => number;
  /** u_1 ... u_t, 1 where t is 0 */
  readonly product: (step: number) => number;
}

const { fround } = Math;

function momentumSchedule(beta1: number): MomentumSchedule {
  const u = (step: number): number => fround(fround(beta1) * fround(1 - fround(0.5 * power(0.96, step))));
  const products = [1];
  const product = (step: number): number => {
    while (products.length <= step) products.push(fround(products[products.length - 1] * u(products.length)));
    return products[step];
  };
  return { u, product };
}

function power(base: number, step: number): number {
  return fround(fround(base) ** step);
}

function factorsAt({ u, product }: MomentumSchedule, beta2: number, step: number): Rates {
  const next = fround(product(step) * u(step + 1));
  return {
    [OF_MOMENTUM]: fround(u(step + 1) / fround(1 - next)),
    [OF_GRADIENT]: fround(fround(1 - u(step)) / fround(1 - product(step))),
    [CORRECTION]: fround(1 - power(beta2, step)),
  };
}
