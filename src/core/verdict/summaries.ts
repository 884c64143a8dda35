/** Shares of sorted numbers that the interquartile mean leaves out at each end. */
const TRIMMED = 0.25;

export function mean(numbers: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < numbers.length; i++) total += numbers[i];
  return total / numbers.length;
}

/** Mean of the middle half: the lowest and the highest floor(n / 4) numbers do not count (Agarwal et al. 2021; SciPy's `trim_mean`). */
export function interquartileMean(numbers: ArrayLike<number>): number {
  return sortedInterquartileMean(Float64Array.from(numbers).sort());
}

/** The same of numbers in ascending order. */
export function sortedInterquartileMean(sorted: Float64Array): number {
  const cut = Math.floor(TRIMMED * sorted.length);
  return mean(sorted.subarray(cut, sorted.length - cut));
}

/** Share of pairs in which the first arm's error is lower; ties count half (Bouthillier et al. 2021). `differences`: first minus second. */
export function probabilityBetter(differences: ArrayLike<number>): number {
  let better = 0;
  for (let i = 0; i < differences.length; i++) better += differences[i] < 0 ? 1 : differences[i] === 0 ? 0.5 : 0;
  return better / differences.length;
}
