import { RandomStream } from '../training/random';

/** Up to here every assignment of signs is counted: 2^20 of them take a few milliseconds. */
const MOST_EXACT = 20;
const DRAWS = 200_000;

/**
 * Two-sided p of the sign-flip (paired permutation) test of the mean: the share of sign assignments whose absolute mean is at
 * least the observed one (Fisher 1935). Under the null hypothesis a pair's difference is as likely as its negative, nothing
 * else is assumed. All assignments up to 20 pairs; above, 200,000 drawn by the seed, the observed one counted among them, so
 * that p is never 0 (Phipson and Smyth 2010). Pairs without a difference change nothing. 1 for no pairs.
 */
export function signFlipP(differences: readonly number[], seed: number): number {
  const moving = differences.filter((difference) => difference !== 0);
  if (moving.length === 0) return 1;
  const observed = Math.abs(moving.reduce((total, difference) => total + difference, 0));
  // Sums of the same numbers in another order differ in their last bits.
  const limit = observed - 1e-9 * moving.reduce((total, difference) => total + Math.abs(difference), 0);
  return moving.length <= MOST_EXACT ? exactP(moving, limit) : drawnP(moving, limit, seed);
}

/** Walks all assignments in Gray's order: each differs from the one before it in one sign. By symmetry the first sign stays. */
function exactP(differences: readonly number[], limit: number): number {
  const last = differences.length - 1;
  const signs = differences.map(() => 1);
  let total = differences.reduce((sum, difference) => sum + difference, 0);
  let extreme = Math.abs(total) >= limit ? 1 : 0;
  const assignments = 2 ** last;
  for (let step = 1; step < assignments; step++) {
    const flipped = 31 - Math.clz32(step & -step);
    total -= 2 * signs[flipped] * differences[flipped];
    signs[flipped] = -signs[flipped];
    if (Math.abs(total) >= limit) extreme++;
  }
  return extreme / assignments;
}

function drawnP(differences: readonly number[], limit: number, seed: number): number {
  const random = new RandomStream(seed, 'verdict/sign flips');
  let extreme = 1;
  for (let draw = 1; draw < DRAWS; draw++) {
    if (Math.abs(flippedSum(differences, random)) >= limit) extreme++;
  }
  return extreme / DRAWS;
}

/** One draw of signs; a random number holds 24 of them. */
function flippedSum(differences: readonly number[], random: RandomStream): number {
  let total = 0;
  let bits = 0;
  differences.forEach((difference, index) => {
    if (index % 24 === 0) bits = random.uniform() * 0x1000000;
    total += bits & 1 ? difference : -difference;
    bits >>>= 1;
  });
  return total;
}
