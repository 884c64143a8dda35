import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseNpy } from '../../../../src/core/data/npy';
import { weightAsNpy } from '../../../../src/core/data/writeNpy';
import type { Weight } from '../../../../src/core/model/model';
import type { StoredDType } from '../../../../src/core/model/tensor';
import { encodeNumbers } from '../../../../src/core/weights/decode';
import { nearestRows, rowNorms } from '../../../../src/core/weights/rows';
import { SpectrumSearch, type Spectrum } from '../../../../src/core/weights/spectrum';

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

const pause = (): Promise<void> => Promise.resolve();

async function spectrumOf(given: Weight): Promise<Spectrum> {
  const search = new SpectrumSearch(given);
  let found = await search.advance(pause);
  while (found.search) found = await search.advance(pause);
  return found;
}

function near(found: readonly number[], expected: readonly number[], scale: number): void {
  assert.equal(found.length, expected.length);
  found.forEach((value, index) => assert.ok(Math.abs(value - expected[index]) <= 1e-9 * scale, `${value} for ${expected[index]}`));
}

/** A matrix of these singular values: a diagonal between two reflections. */
function mirrored(values: readonly number[], rows: number, columns: number): number[] {
  const [left, right] = [rows, columns].map((size) => {
    const vector = Array.from({ length: size }, (_, index) => 1 + (index % 7));
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
  });
  // (1 - 2 a a') D (1 - 2 b b') entry by entry
  const inner = values.reduce((sum, value, index) => sum + left[index] * value * right[index], 0);
  return Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const own = row === column ? values[row] : 0;
    const ofRow = row < values.length ? values[row] * right[row] : 0;
    const ofColumn = column < values.length ? values[column] * left[column] : 0;
    return own - 2 * left[row] * ofColumn - 2 * ofRow * right[column] + 4 * left[row] * right[column] * inner;
  });
}

describe('figures of a weight', () => {
  for (const { name, shape, data, norm, singularValues, longest, norms, nearest, cosines } of goldens) {
    it(`${name}: norm, singular values, rows and neighbours as NumPy`, async () => {
      const given = weight(shape, data);
      const found = await spectrumOf(given);
      near([found.norm, ...(found.singularValues ?? [])], [norm, ...singularValues], norm);
      const rows = await rowNorms(given, 3, pause);
      assert.deepEqual(rows.longest.map(({ row }) => row), longest);
      near(rows.longest.map((each) => each.norm), norms, norms[0]);
      const neighbours = await nearestRows(given, 2, { most: 3, pause });
      assert.deepEqual(neighbours.map(({ row }) => row), nearest);
      near(neighbours.map(({ cosine }) => cosine), cosines, 1);
    });
  }

  it('says why there are no singular values', async () => {
    assert.deepEqual(await spectrumOf(weight([2], [3, 4])), { norm: 5, singularValues: null, reason: 'it is no matrix', count: 0, search: null });
    assert.match((await spectrumOf(weight([2, 2], [1, NaN, 2, 3]))).reason ?? '', /NaN/);
    assert.deepEqual((await spectrumOf(weight([0, 3], []))).reason, 'it is empty');
  });

  it('of a matrix whose singular values are known, wide, high and of low rank', async () => {
    const known = Array.from({ length: 40 }, (_, index) => 2 ** (-index / 4));
    for (const [rows, columns] of [[60, 40], [40, 60], [40, 40]] as const) {
      near((await spectrumOf(weight([rows, columns], mirrored(known, rows, columns), 'float64'))).singularValues ?? [], known, 1);
    }
    const repeated = Array.from({ length: 40 }, (_, index) => (index < 10 ? 3 : index < 20 ? 1 : 0));
    near((await spectrumOf(weight([50, 40], mirrored(repeated, 50, 40), 'float64'))).singularValues ?? [], repeated, 1);
    near((await spectrumOf(weight([4, 4], new Array<number>(16).fill(0)))).singularValues ?? [], [0, 0, 0, 0], 1);
    // Whoever takes rows apart one by one may turn for ever on this one.
    const striped = (await spectrumOf(weight([80, 60], Array.from({ length: 4800 }, (_, at) => (Math.floor(at / 60) % 3 === (at % 60) % 3 ? 1 : 0))))).singularValues ?? [];
    near(striped.slice(0, 4), [Math.sqrt(27 * 20), Math.sqrt(27 * 20), Math.sqrt(26 * 20), 0], 10);
  });

  it('of a large matrix the largest are looked for, a while at a time, until it is stopped', async () => {
    const [rows, columns] = [2100, 2000];
    const values = Array.from({ length: columns }, (_, index) => 0.9 ** index);
    const search = new SpectrumSearch(weight([rows, columns], mirrored(values, rows, columns)));
    let found = await search.advance(pause);
    assert.ok(found.search && found.search.steps > 0);
    while (found.search && (found.singularValues ?? []).length < 10) found = await search.advance(pause);
    assert.equal(found.count, columns);
    (found.singularValues ?? []).forEach((value, index) => assert.ok(Math.abs(value - values[index]) < 1e-3 * values[index], `${value} for ${values[index]}`));
    const stopped = search.stop();
    assert.equal(stopped.search, null);
    assert.deepEqual(await search.advance(pause), stopped);
  });

  it('refuses a row that is not there', async () => {
    for (const row of [-1, 2, 0.5]) await assert.rejects(nearestRows(weight([2, 2], [1, 2, 3, 4]), row, { most: 1, pause }), /no such row/);
  });

  for (const dtype of ['float32', 'float64', 'float16', 'bfloat16', 'int8', 'uint16', 'int32', 'int64', 'bool'] as const) {
    it(`.npy of ${dtype} is read back`, () => {
      const numbers = dtype === 'bool' ? [0, 1, 1, 0, 1, 0] : [0, 1, 2, 3, 100, 5];
      const { shape, dtype: written, data } = parseNpy(weightAsNpy(weight([3, 2], numbers, dtype)), 'w.npy');
      assert.deepEqual([shape, written, [...data]], [[3, 2], dtype === 'bfloat16' ? 'float32' : dtype, numbers]);
    });
  }
});
