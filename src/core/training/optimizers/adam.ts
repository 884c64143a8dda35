import { add, div, maximum, mul, sub } from '../../ops/binary';
import { sqrt } from '../../ops/unary';
import type { JsonObject } from '../../model/json';
import { readFlag } from '../kerasObject';
import { type Moments, momentSettings, readMoments, stepMoments } from './moments';
import { LEARNING_RATE, type OptimizerDefinition, type UpdateRule } from './optimizer';

/** Learning rate with both bias corrections. */
const STEP_SIZE = 'step_size';

/** keras.optimizers.Adam (Kingma and Ba 2014; AMSGrad: Reddi et al. 2018), with Keras' epsilon outside the root. */
export const adam: OptimizerDefinition = {
  className: 'Adam',
  defaultLearningRate: 0.001,
  defaultWeightDecay: null,
  settings: [...momentSettings, 'amsgrad'],
  bind: bindAdam,
};

/** keras.optimizers.AdamW (Loshchilov and Hutter 2019): Adam with weight decay unless it is set to another rate. */
export const adamW: OptimizerDefinition = { ...adam, className: 'AdamW', defaultWeightDecay: 0.004 };

function bindAdam(config: JsonObject, where: string): UpdateRule {
  const moments = readMoments(config, where);
  const { epsilon } = moments;
  const amsgrad = readFlag(config, 'amsgrad', false, where);
  return {
    slots: amsgrad ? [['momentum', 'velocity'], ['velocity_hat']] : [['momentum', 'velocity']],
    rates: (learningRate, iteration) => ({ [LEARNING_RATE]: learningRate, [STEP_SIZE]: stepSize(moments, learningRate, iteration) }),
    update: (step) => {
      const { momentum, velocity } = stepMoments(step, moments);
      const { weight, slot, keep, rate } = step;
      const scale = amsgrad ? maximum(slot('velocity_hat'), velocity) : velocity;
      if (amsgrad) keep('velocity_hat', scale);
      return sub(weight, div(mul(momentum, rate(STEP_SIZE)), add(sqrt(scale), epsilon)));
    },
  };
}

/** rate sqrt(1 - beta2^t) / (1 - beta1^t) in float32 as Keras computes it: 1 - 0.999 alone loses 5 digits there. */
export function stepSize({ beta1, beta2 }: Moments, learningRate: number, iteration: number): number {
  const { fround } = Math;
  const power = (beta: number): number => fround(fround(beta) ** (iteration + 1));
  const root = fround(Math.sqrt(fround(1 - power(beta2))));
  return fround(fround(fround(learningRate) * root) / fround(1 - power(beta1)));
}
