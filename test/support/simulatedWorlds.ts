import type { RandomStream } from '../../src/core/training/random';
import { pairsNeeded } from '../../src/core/verdict/power';
import { levelOf } from '../../src/core/verdict/spending';
import type { World } from './simulatedVerdict';

export type Described = Omit<World, 'seed'>;

/** Errors of one arm that are mostly a little too good and at times much too bad; those of the other scatter evenly. Mean 0, spread 1. */
function oneSided(random: RandomStream, arm: string): number {
  return arm === 'scratch' ? -Math.log(1 - random.uniform()) - 1 : random.normal();
}

/** Worlds without a difference between the arms, by what could fool a verdict. */
export const nullWorlds = {
  'errors that scatter evenly': { pairs: 12, spread: 0.01 },
  'a small test set, where many pairs tie': { pairs: 12, spread: 0.01, testSamples: 100 },
  'a test set whose hard samples are hard for every model': { pairs: 12, spread: 0.005, testSamples: 300, sharedTest: true },
  'a rare disaster of either arm': { pairs: 12, spread: 0.005, draw: (random) => (random.uniform() < 0.1 ? 20 : 1) * random.normal() },
  'bad luck of one arm alone, made up for by many slightly better runs': { pairs: 30, spread: 0.01, draw: oneSided },
  'the fewest pairs': { pairs: 6, spread: 0.01 },
  'seven pairs': { pairs: 7, spread: 0.01 },
  'a test set on which 13 configurations were tried before': { pairs: 12, spread: 0.01, triedBefore: 13 },
  'arms tuned alike, where a rate beside the best costs as much as the scatter': { pairs: 20, spread: 0.01, tuneTransfer: true, curvature: 0.006 },
  'arms tuned alike over many pairs, where rates hardly matter': { pairs: 30, spread: 0.01, tuneTransfer: true, curvature: 0.002 },
  'arms tuned alike over forty pairs, twenty tunings': { pairs: 40, spread: 0.01, tuneTransfer: true, curvature: 0.006 },
  'the plan’s own rates against tuned ones that are no better and no worse': { pairs: 30, spread: 0.01, curvature: 0.006, levelled: true },
  'the same with ten pairs': { pairs: 10, spread: 0.01, curvature: 0.006, levelled: true },
  'three pairs of classes that gain, lose and neither': { pairs: 12, spread: 0.01, classes: { count: 3, apart: 0.02 } },
  'three pairs of classes in an uneven number of pairs': { pairs: 31, spread: 0.01, classes: { count: 3, apart: 0.01 } },
  'as many pairs of classes as pairs': { pairs: 15, spread: 0.01, classes: { count: 15, apart: 0.005 } },
} satisfies Readonly<Record<string, Described>>;

/** Worlds without a difference, the verdict repeated with more pairs until it claims one. */
export const persistentWorlds = {
  'five pairs more each time, up to forty': { counts: Array.from({ length: 7 }, (_, index) => 10 + 5 * index), spread: 0.01 },
  'one pair more each time, from six to thirty': { counts: Array.from({ length: 25 }, (_, index) => 6 + index), spread: 0.01 },
  'twice as many each time, arms tuned alike': { counts: [6, 12, 24, 40], spread: 0.01, tuneTransfer: true, curvature: 0.006 },
} satisfies Readonly<Record<string, Omit<Described, 'pairs'> & { readonly counts: readonly number[] }>>;

/** A world with a difference of so many spreads of a pair's difference, and the number of pairs that is promised to find it. */
export function worldOf(effect: number, { triedBefore = 0, look = 1 } = {}): Described & { readonly pairs: number } {
  const spread = 0.005;
  const ofDifferences = Math.SQRT2 * spread;
  // Two differences of exactly this mean and this sample deviation.
  const seen = [-1, 1].map((side) => ofDifferences * (effect + side * Math.SQRT1_2));
  const pairs = pairsNeeded(seen, { level: levelOf(look), claims: triedBefore + 1, tunedOver: 0 });
  if (pairs === null) throw new Error('no number of pairs is promised');
  return { pairs, spread, triedBefore, look, effect: -effect * ofDifferences };
}
