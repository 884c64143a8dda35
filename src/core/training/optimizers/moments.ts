import type { JsonObject } from '../../model/json';
import { add, mul, sub } from '../../ops/binary';
import type { Value } from '../../ops/graph';
import { readNumber } from '../kerasObject';
import { squaredGradient } from '../rowGradients';
import type { WeightUpdate } from './optimizer';

/** What the family of Adam shares: the decay of both running means, and what keeps the divisor from 0. */
export interface Moments {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export const momentSettings = ['beta_1', 'beta_2', 'epsilon'];

/** Keras' defaults. Throws `config-invalid`. */
export function readMoments(config: JsonObject, where: string): Moments {
  return {
    beta1: readNumber(config, 'beta_1', { fallback: 0.9, least: 0, most: 1, where }),
    beta2: readNumber(config, 'beta_2', { fallback: 0.999, least: 0, most: 1, where }),
    epsilon: readNumber(config, 'epsilon', { fallback: 1e-7, least: 0, where }),
  };
}

/** 1 - beta^t after so many steps, the power in float32 as Keras computes it. */
export function biasCorrection(beta: number, iteration: number): number {
  return 1 - Math.fround(Math.fround(beta) ** (iteration + 1));
}

/** The running means of the gradient and of its square after a step; they are kept as the slots `momentum` and `velocity`. */
export function stepMoments({ gradient, slot, keep }: WeightUpdate, { beta1, beta2 }: Moments): { readonly momentum: Value; readonly velocity: Value } {
  const [m, v] = [slot('momentum'), slot('velocity')];
  const momentum = add(m, mul(sub(gradient, m), 1 - beta1));
  const velocity = add(v, mul(sub(squaredGradient(gradient), v), 1 - beta2));
  keep('momentum', momentum);
  keep('velocity', velocity);
  return { momentum, velocity };
}
