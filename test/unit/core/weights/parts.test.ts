import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SurgeryError } from '../../../../src/core/errors';
import { describedTensor, lazyTensor } from '../../../../src/core/formats/storedTensor';
import { differenceSlice, differenceStatistics } from '../../../../src/core/inspect/diffModels';
import type { Weight } from '../../../../src/core/model/model';
import type { StoredDType } from '../../../../src/core/model/tensor';
import { encodeNumbers } from '../../../../src/core/weights/decode';
import { filterImages } from '../../../../src/core/weights/filters';
import { sliceWeight } from '../../../../src/core/weights/slice';
import { sampledStatistics, weightStatistics, weightStatisticsWithPauses } from '../../../../src/core/weights/statistics';

interface Late {
  readonly weight: Weight;
  /** bytes of each read */
  readonly reads: number[];
}

/** The same weight in memory and as one that stays in its file. */
function late(weight: Weight): Late {
  const reads: number[] = [];
  const part = (offset: number, length: number): Uint8Array => {
    assert.ok(offset >= 0 && offset + length <= weight.bytes.length, 'within the weight');
    reads.push(length);
    return weight.bytes.slice(offset, offset + length);
  };
  const { name, trainable } = weight;
  return { weight: describedTensor({ name, trainable }, lazyTensor(weight.shape, weight.dtype, { size: weight.bytes.length, part })), reads };
}

function weightOf(shape: readonly number[], value: (index: number) => number, dtype: StoredDType = 'float32'): Weight {
  const size = shape.reduce((product, each) => product * each, 1);
  return { name: 'kernel', shape, dtype, trainable: true, bytes: encodeNumbers(dtype, Float64Array.from({ length: size }, (_, index) => value(index))) };
}

const wave = (index: number): number => Math.sin(index) * ((index % 7) + 1);
const large = weightOf([1100, 1000], (index) => (index === 12 ? NaN : wave(index)));

describe('a weight that stays in its file', () => {
  it('has the statistics of all its numbers, read piece by piece', async () => {
    const { weight, reads } = late(large);
    const expected = weightStatistics(large);
    let pauses = 0;
    for (const found of [weightStatistics(weight), await weightStatisticsWithPauses(weight, () => {
      pauses += 1;
      return Promise.resolve();
    })]) {
      assert.deepEqual([found.histogram, found.nan, found.min, found.max, found.sampled], [expected.histogram, 1, expected.min, expected.max, null]);
      for (const key of ['mean', 'std', 'norm'] as const) assert.ok(Math.abs(found[key] - expected[key]) < 1e-9 * expected.norm, key);
    }
    assert.ok(reads.length > 4 && Math.max(...reads) < large.bytes.length, 'never the whole of it');
    assert.ok(pauses > 1);
  });

  it('is sampled without the rest, and says so', () => {
    const { weight, reads } = late(large);
    const found = sampledStatistics(weight, 50_000);
    assert.ok(found.sampled !== null && found.sampled <= 50_000 && found.sampled > 40_000);
    assert.equal(found.histogram.counts.reduce((sum, count) => sum + count, 0) + found.nan, found.sampled);
    assert.ok(reads.reduce((sum, length) => sum + length, 0) <= 200_000);
    const all = weightStatistics(large);
    assert.ok(Math.abs(found.std - all.std) < 0.05 * all.std);
    assert.equal(sampledStatistics(large, 2_000_000).sampled, null, 'what is smaller than a sample is read as a whole');
  });

  const axes = fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }));
  it('gives the slices that it gives in memory, along all axes', () => {
    const cube = weightOf([30, 41, 900], wave);
    const { weight, reads } = late(cube);
    fc.assert(fc.property(axes, fc.nat({ max: 29 }), fc.constantFrom(8, 64, 512), ([row, column], at, most) => {
      reads.length = 0;
      const request = { axes: [row, column] as const, index: [at, at, at], most };
      assert.deepEqual(sliceWeight(weight, request), sliceWeight(cube, request));
    }), { seed: 1, numRuns: 60 });
    assert.ok(Math.max(...reads) < cube.bytes.length / 4);
  });

  it('is compared without the whole of either', () => {
    const other = weightOf([1100, 1000], (index) => (index === 12 ? NaN : wave(index) + 1));
    const [one, two] = [late(large), late(other)];
    const { mean, nan } = differenceStatistics(one.weight, two.weight);
    assert.ok(Math.abs(mean - 1) < 1e-5 && nan === 1);
    const slice = differenceSlice(one.weight, two.weight, { axes: [0, 1], index: [0, 0], most: 16 });
    assert.ok(slice.values.every((value) => Number.isNaN(value) || Math.abs(value - 1) < 1e-5) && slice.min > 0.99 && slice.max < 1.01);
    assert.ok(Math.max(...one.reads, ...two.reads) < large.bytes.length / 4);
  });
});

describe('filters of a convolution', () => {
  const kernel = weightOf([2, 3, 4, 5], (index) => index);
  /** `[row, column, plane, filter]` */
  const at = (row: number, column: number, plane: number, filter: number): number => ((row * 3 + column) * 4 + plane) * 5 + filter;

  it('are one plane of each, or three as colours', () => {
    const one = filterImages(kernel, { channel: 2, from: 1, most: 3 });
    assert.deepEqual([one.height, one.width, one.planes, one.filters, one.count, one.depth], [2, 3, 4, 5, 3, 1]);
    assert.deepEqual([...one.values.subarray(6, 12)], [0, 1].flatMap((row) => [0, 1, 2].map((column) => at(row, column, 2, 2))));
    const colors = filterImages(kernel, { channel: null, from: 4, most: 64 });
    assert.deepEqual([colors.count, colors.depth, [...colors.values.subarray(0, 6)]], [1, 3, [at(0, 0, 0, 4), at(0, 0, 1, 4), at(0, 0, 2, 4), at(0, 1, 0, 4), at(0, 1, 1, 4), at(0, 1, 2, 4)]]);
  });

  it('that are not there are refused', () => {
    const isUsage = (thrown: unknown): boolean => thrown instanceof SurgeryError && thrown.code === 'usage';
    for (const wrong of [{ channel: 4, from: 0 }, { channel: 0, from: 5 }]) assert.throws(() => filterImages(kernel, { ...wrong, most: 4 }), isUsage);
    assert.throws(() => filterImages(weightOf([2, 3, 2, 5], wave), { channel: null, from: 0, most: 4 }), isUsage);
    assert.throws(() => filterImages(weightOf([2, 3], wave), { channel: 0, from: 0, most: 4 }), isUsage);
  });
});
