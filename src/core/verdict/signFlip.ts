import { RandomStream } from '../training/random';

/** Up to here every assignment of signs is counted: two halves of at most 2^20 sums each. */
const MOST_EXACT = 40;
const DRAWS = 200_000;

/**
 * Two-sided p of the sign-flip (paired permutation) test of the mean: the share of sign assignments whose absolute mean is at
 * least the observed one (Fisher 1935). Under the null hypothesis a pair's difference is as likely as its negative, nothing
 * else is assumed. All assignments up to 40 pairs; above, 200,000 drawn by the seed, the observed one counted among them, so
 * that p is never 0 (Phipson and Smyth 2010). Pairs without a difference change nothing. 1 for no pairs.
 */
export function signFlipP(differences: readonly number[], seed: number): number {
  const moving = differences.filter((difference) => difference !== 0);
  const observed = Math.abs(moving.reduce((total, difference) => total + difference, 0));
  // Sums of the same numbers in another order differ in their last bits.
  const limit = observed - 1e-9 * moving.reduce((total, difference) => total + Math.abs(difference), 0);
  if (limit <= 0) return 1;
  return moving.length <= MOST_EXACT ? exactP(moving, limit) : drawnP(moving, limit, seed);
}

/** Every assignment is one of the first half with one of the second (Horowitz and Sahni 1974): both are sorted, so counting is one walk. */
function exactP(differences: readonly number[], limit: number): number {
  const half = Math.ceil(differences.length / 2);
  const left = flippedSums(differences.slice(0, half));
  const right = flippedSums(differences.slice(half));
  let reached = 0;
  let first = right.length;
  for (const sum of left) {
    while (first > 0 && sum + right[first - 1] >= limit) first--;
    reached += right.length - first;
  }
  // The assignments below -limit are the mirror images of those above it.
  return (2 * reached) / (left.length * right.length);
}

/** The sums under every assignment of signs, ascending: those of one number less, once lowered and once raised, merged. */
function flippedSums(differences: readonly number[]): Float64Array {
  return differences.reduce((sums, difference) => {
    const size = Math.abs(difference);
    const merged = new Float64Array(2 * sums.length);
    let low = 0;
    let high = 0;
    for (let place = 0; place < merged.length; place++) {
      merged[place] = high === sums.length || (low < sums.length && sums[low] - size <= sums[high] + size) ? sums[low++] - size : sums[high++] + size;
    }
    return merged;
  }, new Float64Array(1));
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
