import assert from 'node:assert/strict';
import type { Weight } from '../../../../src/core/model/model';
import { sliceWeight } from '../../../../src/core/weights/slice';
import { numberStatistics, weightStatistics } from '../../../../src/core/weights/statistics';
import { SurgeryError } from '../../../../src/core/errors';

function kernel(shape: readonly number[], values: readonly number[]): Weight {
  return { name: 'kernel', shape, dtype: 'float32', trainable: true, bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

describe('weight statistics', () => {
  it('are those of the finite values; the others are counted', () => {
    const { histogram, ...statistics } = weightStatistics(kernel([2, 4], [1, 2, 3, 4, 0, NaN, Infinity, -Infinity]));
    assert.deepEqual(statistics, { name: 'kernel', shape: [2, 4], dtype: 'float32', sampled: null, mean: 2, std: Math.SQRT2, norm: Math.sqrt(30), min: 0, max: 4, zeros: 1, nan: 1, inf: 2 });
    assert.equal(histogram.counts.length, 40);
    // NumPy: numpy.histogram([1, 2, 3, 4, 0], 40)
    assert.deepEqual(histogram.counts.flatMap((count, bin) => (count > 0 ? [[bin, count]] : [])), [[0, 1], [10, 1], [20, 1], [30, 1], [39, 1]]);
    assert.deepEqual([histogram.from, histogram.to], [0, 4]);
  });

  it('lose nothing at a large mean', () => {
    const numbers = Float64Array.from({ length: 1000 }, (_, i) => 1e9 + (i % 2));
    assert.ok(Math.abs(numberStatistics(numbers).std - 0.5) < 1e-9);
  });

  it('hold for one value, for none, and for the largest numbers', () => {
    const one = numberStatistics([3, 3]);
    assert.deepEqual([one.histogram.from, one.histogram.to, one.histogram.counts[20], one.std], [2.5, 3.5, 2, 0]);
    const none = numberStatistics([NaN]);
    assert.deepEqual([none.mean, none.nan, none.histogram.counts.every((count) => count === 0)], [NaN, 1, true]);
    const wide = numberStatistics([-Number.MAX_VALUE, Number.MAX_VALUE]);
    assert.deepEqual([wide.histogram.counts[0], wide.histogram.counts[39]], [1, 1]);
  });
});

describe('weight slice', () => {
  const cube = kernel([2, 3, 4], Array.from({ length: 24 }, (_, i) => i));

  it('holds the other axes', () => {
    const slice = sliceWeight(cube, { axes: [1, 2], index: [1, 0, 0], most: 100 });
    assert.deepEqual([slice.rows, slice.columns, [...slice.values], slice.min, slice.max], [3, 4, Array.from({ length: 12 }, (_, i) => 12 + i), 12, 23]);
    assert.deepEqual([...sliceWeight(cube, { axes: [2, 0], index: [0, 1, 0], most: 100 }).values], [4, 16, 5, 17, 6, 18, 7, 19]);
  });

  it('is thinned, and says how', () => {
    const slice = sliceWeight(cube, { axes: [1, 2], index: [0, 0, 0], most: 2 });
    assert.deepEqual(slice, { rows: 2, columns: 2, values: Float32Array.of(0, 2, 8, 10), rowStep: 2, columnStep: 2, min: 0, max: 10 });
  });

  it('of a vector is one row', () => {
    const slice = sliceWeight(kernel([3], [1, NaN, 3]), { axes: [0, 0], index: [0], most: 10 });
    assert.deepEqual([slice.rows, slice.columns, [...slice.values], slice.min, slice.max], [1, 3, [1, NaN, 3], 1, 3]);
  });

  it('outside the weight is refused', () => {
    const refused = (thrown: unknown): boolean => thrown instanceof SurgeryError && thrown.code === 'usage';
    assert.throws(() => sliceWeight(cube, { axes: [1, 3], index: [0, 0, 0], most: 10 }), refused);
    assert.throws(() => sliceWeight(cube, { axes: [1, 2], index: [2, 0, 0], most: 10 }), refused);
    assert.throws(() => sliceWeight(cube, { axes: [1, 2], index: [], most: 10 }), refused);
  });
});
