import { pairsNeeded } from '../../src/core/verdict/power';
import type { World } from './simulatedVerdict';

type Described = Omit<World, 'seed'>;

/** Worlds without a difference between the arms, by what could fool a verdict. */
export const nullWorlds = {
  'errors that scatter evenly': { pairs: 12, spread: 0.01 },
  'a small test set, where many pairs tie': { pairs: 12, spread: 0.01, testSamples: 100 },
  'a rare disaster of either arm': { pairs: 12, spread: 0.005, draw: (random) => (random.uniform() < 0.1 ? 20 : 1) * random.normal() },
  'the fewest pairs': { pairs: 6, spread: 0.01 },
  'a test set on which 13 configurations were tried before': { pairs: 12, spread: 0.01, triedBefore: 13 },
  'arms tuned alike, where a rate beside the best costs as much as the scatter': { pairs: 20, spread: 0.01, tuneTransfer: true, curvature: 0.006 },
  'arms tuned alike over many pairs, where rates hardly matter': { pairs: 30, spread: 0.01, tuneTransfer: true, curvature: 0.002 },
} satisfies Readonly<Record<string, Described>>;

/** A world with a difference of so many spreads of a pair's difference, and the number of pairs that is promised to find it. */
export function worldOf(effect: number, triedBefore = 0): Described & { readonly pairs: number } {
  const spread = 0.005;
  const ofDifferences = Math.SQRT2 * spread;
  // Two differences of exactly this mean and this sample deviation.
  const seen = [-1, 1].map((side) => ofDifferences * (effect + side * Math.SQRT1_2));
  const pairs = pairsNeeded(seen, { claims: triedBefore + 1, isTuned: true });
  if (pairs === null) throw new Error('no number of pairs is promised');
  return { pairs, spread, triedBefore, effect: -effect * ofDifferences };
}
