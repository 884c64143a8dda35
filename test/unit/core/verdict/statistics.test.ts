import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Interval } from '../../../../src/core/verdict/interval';
import { pairsNeeded } from '../../../../src/core/verdict/power';
import { signFlipP } from '../../../../src/core/verdict/signFlip';
import { judge } from '../../../../src/core/verdict/statistics';
import { RandomStream } from '../../../../src/core/training/random';
import { pairsOf } from './pairs';

interface ScipyCase {
  readonly name: string;
  readonly differences: readonly number[];
  readonly mean: number;
  readonly iqm: number;
  /** Null where SciPy would take too long. */
  readonly p: number | null;
  readonly tTest: number;
  readonly meanInterval: Interval;
  readonly iqmInterval: Interval;
  readonly probabilityBetter: number;
  readonly probabilityBetterInterval: Interval;
  readonly pairsNeeded: number | null;
}

const golden = JSON.parse(readFileSync(new URL('../../../scipy/golden/statistics.json', import.meta.url), 'utf8')) as { cases: ScipyCase[] };
const testSamples = 2000;
const alone = { claims: 1, isTuned: false };

function closeTo(ours: number, theirs: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(ours - theirs) <= tolerance, `${what}: ${ours}, SciPy has ${theirs}`);
}

describe('statistics of a verdict', () => {
  for (const scipy of golden.cases) {
    it(`agree with SciPy: ${scipy.name}`, () => {
      const ours = judge({ pairs: pairsOf(scipy.differences), configurationsTried: 1, isTuned: false, testSamples, errorsAreRates: true, seed: 1 });
      const spread = Math.max(...scipy.differences) - Math.min(...scipy.differences);
      closeTo(ours.mean, scipy.mean, 1e-12, 'mean');
      closeTo(ours.iqm, scipy.iqm, 1e-12, 'interquartile mean');
      closeTo(ours.probabilityBetter, scipy.probabilityBetter, 1e-12, 'probability');
      if (scipy.p === null) closeTo(ours.p, scipy.tTest, 0.02, 'p');
      else closeTo(ours.p, scipy.p, 1e-12, 'p');
      // Both draw at random: their ends differ by a little of the spread.
      for (const name of ['meanInterval', 'iqmInterval'] as const) {
        ours[name].forEach((end, side) => closeTo(end, scipy[name][side] ?? NaN, 0.02 * spread, name));
      }
      ours.probabilityBetterInterval.forEach((end, side) => closeTo(end, scipy.probabilityBetterInterval[side] ?? NaN, 1 / scipy.differences.length, 'interval of the probability'));
    });

    it(`need as many pairs as SciPy's power says: ${scipy.name}`, () => {
      const ours = pairsNeeded(scipy.differences, alone);
      assert.ok(ours !== null && scipy.pairsNeeded !== null);
      closeTo(ours, Math.max(6, scipy.pairsNeeded), Math.max(1, 0.01 * scipy.pairsNeeded), 'pairs');
    });
  }

  it('counts every flip: one pair of six against five', () => {
    // |sum| >= 15 - 2 = 13 for no flip or the flip of the 1, times two for the sides, of 2^5.
    assert.equal(signFlipP([-1, 2, 3, 4, 5], 0), 4 / 32);
    assert.equal(signFlipP([], 0), 1);
    assert.equal(signFlipP([0, 0, 0], 0), 1);
  });

  it('counts both halves of many pairs as it counts all of few', () => {
    const random = new RandomStream(5, 'test');
    for (const count of [1, 2, 7, 12]) {
      const differences = Array.from({ length: count }, () => Math.round(3 * random.normal()) / 4 - 0.5);
      const observed = Math.abs(differences.reduce((total, difference) => total + difference, 0));
      let extreme = 0;
      for (let signs = 0; signs < 2 ** count; signs++) {
        if (Math.abs(differences.reduce((total, difference, index) => total + ((signs >> index) & 1 ? difference : -difference), 0)) >= observed) extreme++;
      }
      assert.equal(signFlipP(differences, 0), extreme / 2 ** count, `${count} pairs`);
    }
  });

  it('draws flips above forty pairs, and agrees with what counting says', () => {
    const random = new RandomStream(5, 'test');
    const forty = Array.from({ length: 40 }, () => random.normal() - 0.3);
    const more = [...forty, 1e-12];
    assert.ok(Math.abs(signFlipP(forty, 3) - signFlipP(more, 3)) < 0.005);
    assert.equal(signFlipP(more, 3), signFlipP(more, 3));
  });

  it('resamples pairs of the same classes among themselves, and all together where a class has one pair alone', () => {
    const differences = [-0.01, -0.011, 0.3, 0.31];
    const withClasses = (labels: readonly string[]): Interval => judge({
      pairs: pairsOf(differences).map((pair, index) => ({ ...pair, classes: { [labels[index]]: 0 } })), configurationsTried: 1, isTuned: false, testSamples, errorsAreRates: true, seed: 1,
    }).meanInterval;
    const width = ([low, high]: Interval): number => high - low;
    assert.ok(width(withClasses(['1', '1', '2', '2'])) < 0.02, 'the difference between the classes is not chance');
    const single = withClasses(['1', '2', '3', '4']);
    assert.ok(width(single) > 0.2 && Math.abs(single[0] + 0.0105) < 0.08, String(single));
  });

  it('claims no pairs where nothing differs', () => {
    assert.equal(pairsNeeded([0, 0, 0], alone), null);
    assert.equal(pairsNeeded([0.5], alone), null);
  });
});

describe('a verdict without a difference', () => {
  const simulations = 1000;

  it(`is a false claim at most once in twenty of ${simulations} simulations, over the distributions of errors`, function () {
    this.timeout(240_000);
    const random = new RandomStream(11, 'null');
    const shapes: readonly (() => number)[] = [
      () => random.normal(),
      // Errors on a small test set: many ties.
      () => Math.round(1.5 * random.normal()),
      // Skewed on both sides alike: a rare disaster of either arm.
      () => (random.uniform() < 0.1 ? 20 : 1) * random.normal(),
    ];
    for (const draw of shapes) {
      let claims = 0;
      for (let run = 0; run < simulations; run++) {
        const differences = Array.from({ length: 12 }, draw);
        if (signFlipP(differences, run) <= 0.05) claims++;
      }
      // 5 % and what chance adds to it in 1,000 simulations, three standard errors.
      assert.ok(claims / simulations <= 0.05 + 3 * Math.sqrt((0.05 * 0.95) / simulations), `${claims} of ${simulations}`);
    }
  });
});
