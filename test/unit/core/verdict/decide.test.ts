import assert from 'node:assert/strict';
import { decide } from '../../../../src/core/verdict/decide';
import { judge } from '../../../../src/core/verdict/statistics';
import type { Pair, VerdictWord } from '../../../../src/core/verdict/verdict';
import { pairsOf } from './pairs';

const testSamples = 2000;

interface Given {
  readonly configurationsTried?: number;
  readonly look?: number;
  readonly testSamples?: number;
}

function word(pairs: readonly Pair[], given: Given = {}): VerdictWord {
  const { configurationsTried = 1, look = 1, testSamples: samples = testSamples } = given;
  const statistics = judge({ pairs, configurationsTried, look, tunedOver: null, testSamples: samples, errorsAreRates: true, seed: 0 });
  return decide({ pairs, statistics, testSamples: samples, seed: 0, configurationsTried });
}

const better = [-0.01, -0.02, -0.015, -0.012, -0.018, -0.011, -0.013, -0.02];

describe('the word of a verdict', () => {
  it('says nothing under six pairs, however clear they are', () => {
    assert.equal(word(pairsOf(better.slice(0, 5))), 'not-enough-runs');
    assert.equal(word(pairsOf(better.slice(0, 6))), 'helps');
  });

  it('is helps or hurts by the sign', () => {
    assert.equal(word(pairsOf(better)), 'helps');
    assert.equal(word(pairsOf(better.map((difference) => -difference))), 'hurts');
  });

  it('shows no difference where there is none', () => {
    assert.equal(word(pairsOf([0.01, -0.01, 0.02, -0.02, 0.005, -0.006])), 'no-difference-shown');
    assert.equal(word(pairsOf([0, 0, 0, 0, 0, 0, 0])), 'no-difference-shown');
  });

  it('is corrected for the configurations that were tried', () => {
    // p is 2 / 2^8.
    assert.equal(word(pairsOf(better), { configurationsTried: 5 }), 'helps');
    assert.equal(word(pairsOf(better), { configurationsTried: 6 }), 'no-difference-shown');
  });

  it('asks for more at every further look', () => {
    // 2 / 2^8 is above the half per cent of the second look, 2 / 2^9 is not.
    assert.equal(word(pairsOf(better), { look: 2 }), 'no-difference-shown');
    assert.equal(word(pairsOf([...better, -0.01]), { look: 2 }), 'helps');
    assert.equal(word(pairsOf([...better, -0.01]), { look: 3 }), 'no-difference-shown');
  });

  it('is negligible where less than one sample of the test set is gained', () => {
    assert.equal(word(pairsOf(better.map((difference) => difference / 100))), 'helps-negligibly');
    assert.equal(word(pairsOf(better.map((difference) => difference / 100)), { testSamples: 100_000 }), 'helps');
  });

  it('is negligible where few pairs carry the gain', () => {
    const differences = Array.from({ length: 60 }, (_, index) => (index % 20 < 11 ? -0.012 : 0.004));
    assert.equal(word(pairsOf(differences)), 'helps-negligibly');
  });

  it('is faster, not better, where only the time differs', () => {
    const pairs = pairsOf([0.01, -0.01, 0.02, -0.02, 0.005, -0.006]);
    const quick = pairs.map((pair) => ({ ...pair, transfer: { ...pair.transfer, seconds: 0.5 } }));
    assert.equal(word(quick), 'faster-not-better');
    const hardly = pairs.map((pair) => ({ ...pair, transfer: { ...pair.transfer, seconds: 0.9 } }));
    assert.equal(word(hardly), 'no-difference-shown');
  });
});
