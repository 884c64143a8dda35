import type { Pair } from '../../../../src/core/verdict/verdict';

/** Pairs with these differences around an error of one half; both arms take a second. */
export function pairsOf(differences: readonly number[]): Pair[] {
  return differences.map((difference, index) => ({
    pair: index + 1,
    seed: { initialization: index, order: index, sample: index },
    classes: null,
    transfer: { error: 0.5 + difference, loss: 1, seconds: 1, learningRates: [0.01] },
    scratch: { error: 0.5, loss: 1, seconds: 1, learningRates: [0.01] },
    others: {},
    difference,
  }));
}
