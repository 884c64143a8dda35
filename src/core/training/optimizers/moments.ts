import type { JsonObject } from '../../model/json';
import { readNumber } from '../kerasObject';

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
