import { add, mul, sub } from '../../ops/binary';
import { readFlag, readNumber } from '../kerasObject';
import { LEARNING_RATE, type OptimizerDefinition, type UpdateRule, type WeightUpdate } from './optimizer';

/** keras.optimizers.SGD: m = momentum m - rate g; w + m, or with Nesterov w + momentum m - rate g. */
export const sgd: OptimizerDefinition = {
  className: 'SGD',
  defaultLearningRate: 0.01,
  defaultWeightDecay: null,
  settings: ['momentum', 'nesterov'],
  bind(config, where): UpdateRule {
    const momentum = readNumber(config, 'momentum', { fallback: 0, least: 0, most: 1, where });
    const nesterov = readFlag(config, 'nesterov', false, where);
    return {
      slots: momentum === 0 ? [] : [['momentum']],
      rates: (learningRate) => ({ [LEARNING_RATE]: learningRate }),
      update: (step) => (momentum === 0 ? plainStep(step) : momentumStep(step, momentum, nesterov)),
    };
  },
};

function plainStep({ weight, gradient, rate }: WeightUpdate): ReturnType<typeof sub> {
  return sub(weight, mul(gradient, rate(LEARNING_RATE)));
}

function momentumStep(step: WeightUpdate, momentum: number, nesterov: boolean): ReturnType<typeof add> {
  const scaled = mul(step.gradient, step.rate(LEARNING_RATE));
  const velocity = sub(mul(step.slot('momentum'), momentum), scaled);
  step.keep('momentum', velocity);
  return add(step.weight, nesterov ? sub(mul(velocity, momentum), scaled) : velocity);
}
