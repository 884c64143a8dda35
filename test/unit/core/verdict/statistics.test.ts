import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { wilsonInterval, type Interval } from '../../../../src/core/verdict/interval';
import { fewestPairs, pairsNeeded } from '../../../../src/core/verdict/power';
import { studentLimit } from '../../../../src/core/verdict/quantiles';
import { signFlipP } from '../../../../src/core/verdict/signFlip';
import { levelOf, lookOf } from '../../../../src/core/verdict/spending';
import { judge } from '../../../../src/core/verdict/statistics';
import { RandomStream } from '../../../../src/core/training/random';
import { pairsOf } from './pairs';

interface ScipyCase {
  readonly name: string;
  readonly differences: readonly number[];
  /** Which classes each pair has. */
  readonly strata: readonly number[];
  readonly mean: number;
  readonly iqm: number;
  /** Null where SciPy would take too long. */
  readonly p: number | null;
  readonly tTest: number;
  readonly meanInterval: Interval;
  readonly iqmInterval: Interval;
  readonly probabilityBetter: number;
  readonly probabilityBetterInterval: Interval;
  /** Of ten tunings that pairs take turns with, each flipped as a whole. */
  readonly overTunings: { readonly p: number; readonly meanInterval: Interval } | null;
  /** By level. */
  readonly pairsNeeded: Readonly<Record<string, number | null>>;
}

interface Golden {
  readonly holm: { readonly p: number; readonly configurations: number; readonly corrected: number };
  readonly wilson: readonly { readonly share: number; readonly trials: number; readonly interval: Interval }[];
  readonly student: readonly { readonly degrees: number; readonly limit: number }[];
  readonly binomial: readonly { readonly error: number; readonly samples: number; readonly spread: number }[];
  readonly cases: readonly ScipyCase[];
}

const golden = JSON.parse(readFileSync(new URL('../../../scipy/golden/statistics.json', import.meta.url), 'utf8')) as Golden;
const testSamples = 2000;
const given = { configurationsTried: 1, look: 1, tunedOver: null, testSamples, errorsAreRates: true, seed: 1 };
const alone = { level: 0.05, claims: 1, tunedOver: null };

function closeTo(ours: number, theirs: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(ours - theirs) <= tolerance, `${what}: ${ours}, SciPy has ${theirs}`);
}

function endsCloseTo(ours: Interval, theirs: Interval, tolerance: number, what: string): void {
  ours.forEach((end, side) => closeTo(end, theirs[side] ?? NaN, tolerance, `${what}, end ${side}`));
}

describe('statistics of a verdict', () => {
  for (const scipy of golden.cases) {
    const pairs = pairsOf(scipy.differences).map((pair, index) => ({ ...pair, classes: { [scipy.strata[index]]: 0 } }));
    // Both draw at random: their ends differ by a little of what lies between them.
    const drawn = ([low, high]: Interval): number => 0.08 * (high - low);

    it(`agree with SciPy: ${scipy.name}`, () => {
      const ours = judge({ ...given, pairs });
      closeTo(ours.mean, scipy.mean, 1e-12, 'mean');
      closeTo(ours.iqm, scipy.iqm, 1e-12, 'interquartile mean');
      closeTo(ours.probabilityBetter, scipy.probabilityBetter, 1e-12, 'probability');
      if (scipy.p === null) closeTo(ours.p, scipy.tTest, 0.02, 'p');
      else closeTo(ours.p, scipy.p, 1e-12, 'p');
      for (const name of ['meanInterval', 'iqmInterval'] as const) endsCloseTo(ours[name], scipy[name], drawn(scipy[name]), name);
      // Shares of so few pairs lie that far apart.
      endsCloseTo(ours.probabilityBetterInterval, scipy.probabilityBetterInterval, 1 / scipy.differences.length + 1e-9, 'interval of the probability');
    });

    const { overTunings } = scipy;
    if (overTunings) {
      it(`agree with SciPy over the tunings: ${scipy.name}`, () => {
        const ours = judge({ ...given, pairs, tunedOver: 0 });
        assert.equal(ours.tunings, 10);
        closeTo(ours.pOverTunings ?? NaN, overTunings.p, 1e-12, 'p');
        assert.ok(ours.meanIntervalOverTunings);
        endsCloseTo(ours.meanIntervalOverTunings, overTunings.meanInterval, drawn(overTunings.meanInterval), 'interval');
      });
    }

    it(`need as many pairs as SciPy's power says: ${scipy.name}`, () => {
      for (const [level, needed] of Object.entries(scipy.pairsNeeded)) {
        const ours = pairsNeeded(scipy.differences, { ...alone, level: Number(level) });
        assert.ok(ours !== null && needed !== null);
        // Signs of n pairs have 2^(n-1) assignments: under so many pairs none is rare enough, and slightly above few are.
        const fewest = 1 + Math.ceil(-Math.log2(Number(level)));
        if (needed <= fewest + 3) assert.ok(ours >= fewest && ours <= fewest + 6, `${ours} pairs, SciPy has ${needed}`);
        else closeTo(ours, needed, Math.max(2, 0.02 * needed), `pairs at ${level}`);
      }
    });
  }

  it('correct as Holm does, and know the spread of the test set', () => {
    const { p, configurations, corrected } = golden.holm;
    const pairs = pairsOf(golden.cases[0].differences);
    const ours = judge({ ...given, pairs, configurationsTried: configurations });
    closeTo(ours.correctedP / ours.p, corrected / p, 1e-9, 'corrected p');
    for (const { error, samples, spread } of golden.binomial) {
      const flat = pairsOf([0, 0]).map((pair) => ({ ...pair, transfer: { ...pair.transfer, error }, scratch: { ...pair.scratch, error } }));
      closeTo(judge({ ...given, pairs: flat, testSamples: samples }).testError ?? NaN, spread, 1e-12, 'error of the test set');
    }
  });

  it('know Wilson’s interval and Student’s limits', () => {
    for (const { share, trials, interval } of golden.wilson) endsCloseTo(wilsonInterval(share, trials), interval, 1e-12, `${share} of ${trials}`);
    for (const { degrees, limit } of golden.student) closeTo(studentLimit(0.95, degrees), limit, 1e-9 * limit, `${degrees} degrees`);
  });

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
    const withClasses = (labels: readonly string[]): Interval =>
      judge({ ...given, pairs: pairsOf(differences).map((pair, index) => ({ ...pair, classes: { [labels[index]]: 0 } })) }).meanInterval;
    const width = ([low, high]: Interval): number => high - low;
    assert.ok(width(withClasses(['1', '1', '2', '2'])) < 0.02, 'the difference between the classes is not chance');
    const single = withClasses(['1', '2', '3', '4']);
    assert.ok(width(single) > 0.2 && Math.abs(single[0] + 0.0105) < 0.08, String(single));
  });

  it('claims no pairs where nothing differs', () => {
    assert.equal(pairsNeeded([0, 0, 0], alone), null);
    assert.equal(pairsNeeded([0.5], alone), null);
  });

  it('spend five per cent over all looks, however many there are', () => {
    let spent = 0;
    for (let look = 1; look <= 100_000; look++) spent += levelOf(look);
    assert.ok(spent <= 0.05 && spent > 0.0499, String(spent));
    for (let look = 1; look < 50; look++) assert.ok(levelOf(look + 1) < levelOf(look));
  });

  it('count a look once, whenever it is said again', () => {
    const earlier = [{ log: 'a', pairs: 10 }, { log: 'a', pairs: 20 }, { log: 'a', pairs: 10 }, { log: 'b', pairs: 10 }];
    assert.deepEqual([{ log: 'a', pairs: 10 }, { log: 'a', pairs: 20 }, { log: 'b', pairs: 10 }, { log: 'b', pairs: 20 }].map((verdict) => lookOf(verdict, earlier)), [1, 2, 3, 4]);
    assert.equal(lookOf({ log: 'a', pairs: 10 }, []), 1);
  });

  it('know under how many pairs no claim is possible', () => {
    assert.equal(fewestPairs({ level: levelOf(1), claims: 1, tunedOver: null }), 6);
    // 2^9 assignments of ten tunings: 0.04 / 20 is above one in 512, 0.04 / 21 below; the eleventh tuning has pair 31.
    assert.equal(fewestPairs({ level: levelOf(1), claims: 20, tunedOver: 0 }), 10);
    assert.equal(fewestPairs({ level: levelOf(1), claims: 21, tunedOver: 0 }), 31);
    assert.equal(fewestPairs({ level: levelOf(1), claims: 21, tunedOver: null }), 11);
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
