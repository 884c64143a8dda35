import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { SurgeryError } from '../../../../src/core/errors';
import { fansOf, initialize } from '../../../../src/core/layers/initializers';
import type { Json, JsonObject } from '../../../../src/core/model/json';
import { RandomStream } from '../../../../src/core/training/random';

const draw = (initializer: Json, shape: readonly number[], seed = 1): Float32Array => initialize(initializer, shape, new RandomStream(seed, 'initialization'));

function moments(numbers: Float32Array): { mean: number; deviation: number; largest: number } {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length;
  return { mean, deviation: Math.sqrt(variance), largest: numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0) };
}

/** Of 180 x 120: fan in 180, fan out 120, mean 150. */
const SHAPE = [180, 120];

/** What Keras' formulas promise: deviation, and the bound where there is one. */
const expectations: readonly [initializer: Json, deviation: number, bound: number][] = [
  ['glorot_uniform', Math.sqrt(1 / 150), Math.sqrt(3 / 150)],
  ['GlorotNormal', Math.sqrt(1 / 150), (2 * Math.sqrt(1 / 150)) / 0.8796256610342398],
  ['he_uniform', Math.sqrt(2 / 180), Math.sqrt(6 / 180)],
  [{ class_name: 'HeNormal', config: { seed: null, input_axes: null, output_axes: null } }, Math.sqrt(2 / 180), (2 * Math.sqrt(2 / 180)) / 0.8796256610342398],
  ['lecun_uniform', Math.sqrt(1 / 180), Math.sqrt(3 / 180)],
  ['LecunNormal', Math.sqrt(1 / 180), (2 * Math.sqrt(1 / 180)) / 0.8796256610342398],
  ['random_uniform', 0.1 / Math.sqrt(12), 0.05],
  [{ class_name: 'RandomUniform', config: { minval: -2, maxval: 2 } }, 4 / Math.sqrt(12), 2],
  ['random_normal', 0.05, Infinity],
  [{ class_name: 'TruncatedNormal', config: { mean: 0, stddev: 0.5, seed: 3 } }, 0.5 * 0.8796256610342398, 1],
  [{ class_name: 'VarianceScaling', config: { scale: 3, mode: 'fan_out', distribution: 'uniform' } }, Math.sqrt(3 / 120), Math.sqrt(9 / 120)],
  [{ class_name: 'VarianceScaling', config: { mode: 'fan_in', distribution: 'untruncated_normal' } }, Math.sqrt(1 / 180), Infinity],
];

describe('initializers', () => {
  for (const [initializer, deviation, bound] of expectations) {
    it(`${JSON.stringify(initializer)}: deviation ${deviation.toFixed(4)}, nothing beyond ${bound.toFixed(4)}`, () => {
      const numbers = draw(initializer, SHAPE);
      const found = moments(numbers);
      assert.equal(numbers.length, 180 * 120);
      // Five standard errors of a mean and of a deviation of 21,600 numbers.
      assert.ok(Math.abs(found.mean) < (5 * deviation) / Math.sqrt(21_600), `mean ${found.mean}`);
      assert.ok(Math.abs(found.deviation / deviation - 1) < 0.025, `deviation ${found.deviation}`);
      assert.ok(found.largest <= bound * (1 + 1e-6), `largest ${found.largest}`);
      if (Number.isFinite(bound)) assert.ok(found.largest > bound * 0.97, `largest ${found.largest} comes near the bound`);
    });
  }

  it('makes the kernels of a Fourier transform as Keras', () => {
    const golden = JSON.parse(readFileSync(new URL('../../../keras/golden/stft.json', import.meta.url), 'utf8')) as { class_name: string; config: JsonObject; shape: number[]; data: number[] }[];
    assert.equal(golden.length, 5);
    for (const { class_name, config, shape, data } of golden) {
      const made = draw({ class_name, config }, shape);
      assert.equal(made.length, data.length);
      data.forEach((value, index) => assert.ok(Math.abs(made[index] - value) < 1e-6, `${JSON.stringify(config)} at ${index}: ${made[index]}, Keras has ${value}`));
    }
  });

  it('counts fans as Keras: the kernel’s spatial size times channels', () => {
    assert.deepEqual(fansOf([]), { fanIn: 1, fanOut: 1 });
    assert.deepEqual(fansOf([7]), { fanIn: 7, fanOut: 7 });
    assert.deepEqual(fansOf([3, 5, 4, 8]), { fanIn: 60, fanOut: 120 });
  });

  it('uses the fans of a convolution', () => {
    const { deviation } = moments(draw('he_normal', [3, 3, 32, 64]));
    assert.ok(Math.abs(deviation / Math.sqrt(2 / (9 * 32)) - 1) < 0.03);
  });

  it('gives the same numbers for the same seed, others for another', () => {
    assert.deepEqual(draw('glorot_uniform', [4, 5]), draw('glorot_uniform', [4, 5]));
    assert.notDeepEqual(draw('glorot_uniform', [4, 5]), draw('glorot_uniform', [4, 5], 2));
  });

  it('fills constants', () => {
    assert.deepEqual(Array.from(draw('zeros', [2])), [0, 0]);
    assert.deepEqual(Array.from(draw({ class_name: 'Ones', config: {} }, [2])), [1, 1]);
    assert.deepEqual(Array.from(draw({ class_name: 'Constant', config: { value: -3 } }, [1, 2])), [-3, -3]);
    assert.deepEqual(Array.from(draw({ class_name: 'Identity', config: { gain: 2 } }, [2, 3])), [2, 0, 0, 0, 2, 0]);
  });

  for (const shape of [[6, 4], [4, 6], [2, 3, 4, 5]]) {
    it(`Orthogonal of [${shape.join(', ')}]: rows or columns are orthonormal, times the gain`, () => {
      const columns = shape.at(-1) ?? 1;
      const numbers = draw({ class_name: 'Orthogonal', config: { gain: 1.5 } }, shape);
      const rows = numbers.length / columns;
      const byColumn = rows >= columns;
      const count = byColumn ? columns : rows;
      const at = (vector: number, place: number): number => numbers[byColumn ? place * columns + vector : vector * columns + place] ?? NaN;
      for (let a = 0; a < count; a++) {
        for (let b = 0; b < count; b++) {
          let product = 0;
          for (let i = 0; i < (byColumn ? rows : columns); i++) product += at(a, i) * at(b, i);
          assert.ok(Math.abs(product - (a === b ? 2.25 : 0)) < 1e-5, `${a}, ${b}: ${product}`);
        }
      }
    });
  }

  const refusals: readonly [what: string, initializer: Json, shape: readonly number[], code: string][] = [
    ['one that is not known', 'sobol', [2, 2], 'unsupported'],
    ['a Fourier transform without bins', 'stft', [2, 2], 'config-invalid'],
    ['a window of another length', { class_name: 'STFT', config: { window: [1, 2] } }, [3, 1, 3], 'config-invalid'],
    ['a prototype’s name', 'constructor', [2, 2], 'unsupported'],
    ['a scale of zero', { class_name: 'VarianceScaling', config: { scale: 0 } }, [2, 2], 'config-invalid'],
    ['axes that are no numbers', { class_name: 'GlorotUniform', config: { input_axes: ['first'] } }, [2, 2], 'config-invalid'],
    ['an identity that is no matrix', 'identity', [2, 2, 2], 'config-invalid'],
    ['an orthogonal vector', 'orthogonal', [3], 'config-invalid'],
    ['a number', 1, [3], 'config-invalid'],
  ];
  for (const [what, initializer, shape, code] of refusals) {
    it(`refuses ${what}`, () => {
      assert.throws(() => draw(initializer, shape), (error) => error instanceof SurgeryError && error.code === code);
    });
  }
});
