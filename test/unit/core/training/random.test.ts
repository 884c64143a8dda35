import assert from 'node:assert/strict';
import { philox4x32, RandomStream } from '../../../../src/core/training/random';

describe('random numbers', () => {
  // kat_vectors of Random123, the library that came with the paper.
  const published = [
    { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
    {
      counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ] as const;

  published.forEach(({ counter, key, words }) => {
    it(`Philox4x32-10 of counter ${counter[0].toString(16)} gives the published words`, () => {
      assert.deepEqual(philox4x32(counter, key), words);
    });
  });

  it('a stream is a function of seed and name', () => {
    const draw = (seed: number, name: string): number[] => [...new RandomStream(seed, name).uniforms(8)];
    assert.deepEqual(draw(7, 'order'), draw(7, 'order'));
    assert.notDeepEqual(draw(7, 'order'), draw(8, 'order'));
    assert.notDeepEqual(draw(7, 'order'), draw(7, 'sample'));
    assert.notDeepEqual(draw(1, 'order'), draw(1 + 2 ** 32, 'order'));
    assert.notDeepEqual(draw(1, 'order'), draw(-1, 'order'));
  });

  it('goes on from a position', () => {
    const whole = new RandomStream(3, 'dropout').uniforms(11);
    const first = new RandomStream(3, 'dropout');
    first.uniforms(5);
    const rest = new RandomStream(3, 'dropout', first.position);
    assert.deepEqual([...rest.uniforms(6)], [...whole.slice(5)]);
  });

  it('uniform numbers lie in [0, 1) and fill it evenly', () => {
    const numbers = new RandomStream(0, 'dropout').uniforms(100_000);
    const bins = new Array<number>(10).fill(0);
    for (const number of numbers) {
      assert.ok(number >= 0 && number < 1);
      const bin = Math.floor(number * 10);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    const chiSquare = bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    assert.ok(chiSquare < 33.7, `chi-square of 9 degrees of freedom is ${chiSquare}; above 33.7 once in 10,000`);
  });

  it('normal numbers have mean 0, variance 1, kurtosis 3', () => {
    const stream = new RandomStream(1, 'initialization');
    const numbers = Array.from({ length: 100_000 }, () => stream.normal());
    const moment = (power: number): number => numbers.reduce((sum, x) => sum + x ** power, 0) / numbers.length;
    assert.ok(Math.abs(moment(1)) < 0.015);
    assert.ok(Math.abs(moment(2) - 1) < 0.02);
    assert.ok(Math.abs(moment(4) - 3) < 0.15);
  });

  it('a permutation holds every number once, and each order of 3 comes as often', () => {
    const stream = new RandomStream(5, 'order');
    assert.deepEqual([...stream.permutation(1000)].sort((a, b) => a - b), Array.from({ length: 1000 }, (_, i) => i));
    const orders = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = stream.permutation(3).join();
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    assert.equal(orders.size, 6);
    orders.forEach((count) => assert.ok(Math.abs(count - 1000) < 140, `an order came ${count} times`));
  });

  it('an empty permutation is empty', () => {
    assert.equal(new RandomStream(5, 'order').permutation(0).length, 0);
  });
});
