import erf from '@stdlib/math-base-special-erf';
import erfcinv from '@stdlib/math-base-special-erfcinv';

/** Of the standard normal distribution: what it exceeds with this probability. */
export function upperQuantile(probability: number): number {
  return Math.SQRT2 * erfcinv(2 * probability);
}

/** Chance that a normal number lies so many spreads or more below its mean. */
export function lowerTail(spreads: number): number {
  return (1 - erf(spreads / Math.SQRT2)) / 2;
}

/** Above it Student's distribution is the normal one to three digits. */
const MOST_DEGREES = 1000;

/** What Student's t stays within, to both sides, with this probability. `degrees`: of freedom, a whole number from 1. */
export function studentLimit(probability: number, degrees: number): number {
  const whole = Math.min(MOST_DEGREES, degrees);
  let [low, high] = [0, Math.PI / 2];
  for (let halving = 0; halving < 60; halving++) {
    const middle = (low + high) / 2;
    if (studentWithin(middle, whole) < probability) low = middle;
    else high = middle;
  }
  return Math.sqrt(whole) * Math.tan(low);
}

/** P(|t| <= sqrt(degrees) tan(angle)): Abramowitz and Stegun 26.7.3 and 26.7.4. */
function studentWithin(angle: number, degrees: number): number {
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? Math.cos(angle) : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= ((k - 1) / k) * Math.cos(angle) ** 2;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}
