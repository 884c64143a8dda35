import { add, div, mul, sub } from '../../ops/binary';
import { sqrt } from '../../ops/unary';
import { invalidSetting, readNumber } from '../kerasObject';
import { squaredGradient } from '../rowGradients';
import { biasCorrection, momentSettings, readMoments } from './moments';
import { LEARNING_RATE, type OptimizerDefinition, type UpdateRule } from './optimizer';

/** The rate after its warm-up, 1 - beta2^t, and the share of the newest point in the average. */
const [WARMED, CORRECTION, SHARE] = ['warmed_rate', 'correction', 'share'];

/**
 * keras.optimizers.ScheduleFreeAdamW (Defazio et al. 2024): gradients are taken between a fast point, kept as `momentum`, and the average of
 * where it was. Here that point starts as the weight, as Keras documents it; Keras 3.15.1 does so only where it is built before `fit`.
 */
export const scheduleFreeAdamW: OptimizerDefinition = {
  className: 'ScheduleFreeAdamW',
  defaultLearningRate: 0.0025,
  defaultWeightDecay: null,
  settings: [...momentSettings, 'warmup_steps'],
  bind(config, where): UpdateRule {
    const { beta1, beta2, epsilon } = readMoments({ epsilon: 1e-8, ...config }, where);
    const warmup = readNumber(config, 'warmup_steps', { fallback: 0, least: 0, where });
    if (beta1 === 0) throw invalidSetting(`${where}.beta_1`, 'a number above 0', beta1);
    return {
      slots: [['momentum', 'velocity']],
      startAsWeight: ['momentum'],
      rates: (learningRate, iteration) => ({
        [LEARNING_RATE]: learningRate,
        [WARMED]: learningRate * (warmup > 0 ? Math.min(1, (iteration + 1) / warmup) : 1),
        [CORRECTION]: biasCorrection(beta2, iteration),
        [SHARE]: 1 / (iteration + 1),
      }),
      update: ({ weight, gradient, slot, keep, rate }) => {
        const [fast, before] = [slot('momentum'), slot('velocity')];
        const velocity = add(before, mul(sub(squaredGradient(gradient), before), 1 - beta2));
        const next = sub(fast, div(mul(gradient, rate(WARMED)), add(sqrt(div(velocity, rate(CORRECTION))), epsilon)));
        keep('velocity', velocity);
        keep('momentum', next);
        // Keras on TensorFlow reads the point after its move here.
        const average = div(sub(weight, mul(next, 1 - beta1)), beta1);
        const moved = add(mul(average, sub(1, rate(SHARE))), mul(next, rate(SHARE)));
        return add(mul(next, 1 - beta1), mul(moved, beta1));
      },
    };
  },
};
