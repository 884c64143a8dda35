import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseNpy } from '../../../../src/core/data/npy';
import { weightAsNpy } from '../../../../src/core/data/writeNpy';
import type { Weight } from '../../../../src/core/model/model';
import type { StoredDType } from '../../../../src/core/model/tensor';
import { encodeNumbers } from '../../../../src/core/weights/decode';
import { nearestRows, rowNorms } from '../../../../src/core/weights/rows';
import { weightSpectrum } from '../../../../src/core/weights/spectrum';

interface Golden {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly norm: number;
  readonly singularValues: readonly number[];
  readonly longest: readonly number[];
  readonly norms: readonly number[];
  readonly nearest: readonly number[];
  readonly cosines: readonly number[];
}

const goldens = JSON.parse(readFileSync(new URL('../../../keras/golden/weights.json', import.meta.url), 'utf8')) as readonly Golden[];

function weight(shape: readonly number[], data: readonly number[], dtype: StoredDType = 'float32'): Weight {
  return { name: 'kernel', shape, dtype, trainable: true, bytes: encodeNumbers(dtype, data) };
}

function near(found: readonly number[], expected: readonly number[], scale: number): void {
  assert.equal(found.length, expected.length);
  found.forEach((value, index) => assert.ok(Math.abs(value - expected[index]) <= 1e-9 * scale, `${value} for ${expected[index]}`));
}

describe('figures of a weight', () => {
  for (const { name, shape, data, norm, singularValues, longest, norms, nearest, cosines } of goldens) {
    it(`${name}: norm, singular values, rows and neighbours as NumPy`, () => {
      const given = weight(shape, data);
      const found = weightSpectrum(given);
      near([found.norm, ...(found.singularValues ?? [])], [norm, ...singularValues], norm);
      const rows = rowNorms(given, 3);
      assert.deepEqual(rows.longest.map(({ row }) => row), longest);
      near(rows.longest.map((each) => each.norm), norms, norms[0]);
      const neighbours = nearestRows(given, 2, 3);
      assert.deepEqual(neighbours.map(({ row }) => row), nearest);
      near(neighbours.map(({ cosine }) => cosine), cosines, 1);
    });
  }

  it('says why there are no singular values', () => {
    assert.deepEqual(weightSpectrum(weight([2], [3, 4])), { norm: 5, singularValues: null, reason: 'it is no matrix' });
    assert.match(weightSpectrum(weight([2, 2], [1, NaN, 2, 3])).reason ?? '', /NaN/);
    assert.match(weightSpectrum({ ...weight([1, 1], [1]), shape: [3000, 3000], bytes: new Uint8Array(36e6) }).reason ?? '', /too large/);
    assert.deepEqual(weightSpectrum(weight([0, 3], [])).reason, 'it is empty');
  });

  it('refuses a row that is not there', () => {
    for (const row of [-1, 2, 0.5]) assert.throws(() => nearestRows(weight([2, 2], [1, 2, 3, 4]), row, 1), /no such row/);
  });

  for (const dtype of ['float32', 'float64', 'float16', 'bfloat16', 'int8', 'uint16', 'int32', 'int64', 'bool'] as const) {
    it(`.npy of ${dtype} is read back`, () => {
      const numbers = dtype === 'bool' ? [0, 1, 1, 0, 1, 0] : [0, 1, 2, 3, 100, 5];
      const { shape, dtype: written, data } = parseNpy(weightAsNpy(weight([3, 2], numbers, dtype)), 'w.npy');
      assert.deepEqual([shape, written, [...data]], [[3, 2], dtype === 'bfloat16' ? 'float32' : dtype, numbers]);
    });
  }
});
