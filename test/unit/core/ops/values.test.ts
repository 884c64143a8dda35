import assert from 'node:assert/strict';
import { add, maximum, minimum, mul, sub } from '../../../../src/core/ops/binary';
import { broadcastTo } from '../../../../src/core/ops/broadcastTo';
import { cast } from '../../../../src/core/ops/cast';
import { equal, greater, greaterEqual, logicalAnd } from '../../../../src/core/ops/compare';
import { concat } from '../../../../src/core/ops/concat';
import type { NumericTensor } from '../../../../src/core/ops/definition';
import { gradients } from '../../../../src/core/ops/gradients';
import type { Value } from '../../../../src/core/ops/graph';
import { matmul } from '../../../../src/core/ops/matmul';
import { oneHot } from '../../../../src/core/ops/oneHot';
import { pad } from '../../../../src/core/ops/pad';
import { convOutputSize, samePadding } from '../../../../src/core/ops/padding';
import { maxPool } from '../../../../src/core/ops/pool';
import { argMax, max, mean, sum } from '../../../../src/core/ops/reduce';
import { reshape } from '../../../../src/core/ops/reshape';
import { slice } from '../../../../src/core/ops/slice';
import { transpose } from '../../../../src/core/ops/transpose';
import { log1p, relu, sigmoid, sign, softplus } from '../../../../src/core/ops/unary';
import { where } from '../../../../src/core/ops/where';
import { evaluate, floats, integers, truths } from './evaluate';

function expect({ shape, data }: NumericTensor, expectedShape: number[], expected: number[]): void {
  assert.deepEqual([...shape], expectedShape);
  assert.deepEqual([...data], expected);
}

/** 0, 1, 2, … */
function counting(...shape: number[]): ReturnType<typeof floats> {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return floats(shape, Array.from({ length: size }, (_, i) => i));
}

function slopeOf(build: (...values: Value[]) => Value, by: number): (...values: Value[]) => Value {
  return (...values) => {
    const slope = gradients(sum(build(...values)), values)[by];
    assert.ok(slope);
    return slope;
  };
}

describe('values of operations', () => {
  it('compare, false beside NaN', () => {
    const inputs = [floats([4], [1, 2, 3, NaN]), floats([1], [2])];
    expect(evaluate(inputs, greater), [4], [0, 0, 1, 0]);
    expect(evaluate(inputs, greaterEqual), [4], [0, 1, 1, 0]);
    expect(evaluate(inputs, equal), [4], [0, 1, 0, 0]);
    expect(evaluate([truths([4], [0, 0, 1, 1]), truths([4], [0, 1, 0, 1])], logicalAnd), [4], [0, 0, 0, 1]);
  });

  it('take plain numbers on either side, in the dtype of the other', () => {
    expect(evaluate([integers([2], [3, 4])], (x) => sub(10, x)), [2], [7, 6]);
    expect(evaluate([floats([2], [3, 4])], (x) => mul(x, 0.5)), [2], [1.5, 2]);
    expect(evaluate([truths([2], [1, 0])], (x) => where(x, 1, -1)), [2], [1, -1]);
  });

  it('keep NaN visible', () => {
    const nan = floats([2], [NaN, 1]);
    assert.ok(Number.isNaN(evaluate([nan], relu).data[0]));
    assert.ok(Number.isNaN(evaluate([nan], (x) => maximum(x, 0)).data[0]));
    assert.ok(Number.isNaN(evaluate([nan], (x) => max(x)).data[0]));
    const pooled = evaluate([floats([1, 4, 1], [1, NaN, 3, 2])], (x) => maxPool(x, { size: [2], strides: [2], padding: [[0, 0]] }));
    assert.ok(Number.isNaN(pooled.data[0]));
    assert.equal(pooled.data[1], 3);
  });

  it('stay finite far out', () => {
    expect(evaluate([floats([2], [-1000, 1000])], softplus), [2], [0, 1000]);
    expect(evaluate([floats([2], [-1000, 1000])], sigmoid), [2], [0, 1]);
    assert.ok(Math.abs(evaluate([floats([1], [2 ** -40])], log1p).data[0] - 2 ** -40) < 2 ** -80);
    expect(evaluate([floats([3], [-2, 0, 5])], sign), [3], [-1, 0, 1]);
  });

  it('cast to whole numbers towards zero and to truth values', () => {
    expect(evaluate([floats([4], [-1.75, -0.25, 0, 2.5])], (x) => add(cast(x, 'int32'), 0)), [4], [-1, 0, 0, 2]);
    expect(evaluate([floats([3], [-1, 0, 0.5])], (x) => cast(x, 'bool')), [3], [1, 0, 1]);
    expect(evaluate([truths([2], [0, 1])], (x) => cast(x, 'float32')), [2], [0, 1]);
  });

  it('write one-hot rows, all 0 out of range', () => {
    expect(evaluate([integers([2, 2], [0, 2, -1, 3])], (x) => oneHot(x, 3)), [2, 2, 3], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  });

  it('find the first maximum', () => {
    const x = floats([2, 3], [5, 7, 7, 1, 0, 1]);
    expect(evaluate([x], (value) => argMax(value, -1)), [2], [1, 0]);
    expect(evaluate([x], (value) => argMax(value, 0)), [3], [0, 0, 0]);
    expect(evaluate([counting(2, 3, 2)], (value) => argMax(value, 1)), [2, 2], [2, 2, 2, 2]);
  });

  it('reduce over any axes', () => {
    expect(evaluate([counting(2, 3, 2)], (x) => sum(x, [0, 2])), [3], [14, 22, 30]);
    expect(evaluate([counting(2, 3, 2)], (x) => mean(x, [-2], true)), [2, 1, 2], [2, 3, 8, 9]);
    expect(evaluate([counting(2, 3, 2)], (x) => max(x)), [], [11]);
  });

  it('move elements', () => {
    expect(evaluate([counting(2, 3)], (x) => transpose(x, [1, 0])), [3, 2], [0, 3, 1, 4, 2, 5]);
    expect(evaluate([counting(2, 1, 2)], (x) => transpose(x, [2, 1, 0])), [2, 1, 2], [0, 2, 1, 3]);
    expect(evaluate([counting(2, 1)], (x) => broadcastTo(x, [2, 2, 2])), [2, 2, 2], [0, 0, 1, 1, 0, 0, 1, 1]);
    expect(evaluate([counting(2, 5)], (x) => slice(x, 1, 1, 5, 2)), [2, 2], [1, 3, 6, 8]);
    expect(evaluate([counting(1, 2)], (x) => pad(x, [[1, 0], [0, 1]], 9)), [2, 3], [9, 9, 9, 0, 1, 9]);
    expect(evaluate([counting(2, 1), floats([2, 2], [7, 8, 9, 10])], (a, b) => concat([a, b], 1)), [2, 3], [0, 7, 8, 1, 9, 10]);
    expect(evaluate([counting(2, 3)], (x) => reshape(x, [3, 2])), [3, 2], [0, 1, 2, 3, 4, 5]);
  });

  it('multiply matrices with leading axes broadcast', () => {
    expect(evaluate([counting(2, 1, 2), counting(2, 2)], (a, b) => matmul(a, b)), [2, 1, 2], [2, 3, 6, 11]);
  });

  it('give a tie of two operands to the first', () => {
    const tied = [floats([3], [1, 2, 3]), floats([3], [2, 2, 2])];
    expect(evaluate(tied, slopeOf(maximum, 0)), [3], [0, 1, 1]);
    expect(evaluate(tied, slopeOf(maximum, 1)), [3], [1, 0, 0]);
    expect(evaluate(tied, slopeOf(minimum, 0)), [3], [1, 1, 0]);
    expect(evaluate(tied, slopeOf(minimum, 1)), [3], [0, 0, 1]);
  });

  it('share a tie of a reduction, and give a tie of a window to its first', () => {
    expect(evaluate([floats([4], [2, 0, 2, 1])], slopeOf((x) => max(x), 0)), [4], [0.5, 0, 0.5, 0]);
    const cube = floats([1, 2, 2, 2, 1], [0, 3, 3, 0, 3, 0, 0, 3]);
    const pooling = { size: [2, 2, 2], strides: [1, 1, 1], padding: [[0, 0], [0, 0], [0, 0]] } as const;
    expect(evaluate([cube], slopeOf((x) => maxPool(x, pooling), 0)), [1, 2, 2, 2, 1], [0, 1, 0, 0, 0, 0, 0, 0]);
  });

  it('give overlapping windows their sum', () => {
    const pooling = { size: [2], strides: [1], padding: [[0, 0]] } as const;
    expect(evaluate([floats([1, 4, 1], [0, 5, 5, 1])], slopeOf((x) => maxPool(x, pooling), 0)), [1, 4, 1], [0, 2, 1, 0]);
  });

  it('leave a value as it is where there is nothing to do', () => {
    evaluate([counting(2, 3)], (x) => {
      assert.equal(reshape(x, [2, 3]), x);
      assert.equal(transpose(x, [0, 1]), x);
      assert.equal(broadcastTo(x, [2, 3]), x);
      assert.equal(slice(x, 1, 0, 3), x);
      assert.equal(pad(x, [[0, 0], [0, 0]]), x);
      assert.equal(concat([x], 0), x);
      assert.equal(cast(x, 'float32'), x);
      assert.equal(sum(x, []), x);
      return x;
    });
  });
});

describe('padding', () => {
  it('same: TensorFlow puts the odd element at the end', () => {
    assert.deepEqual(samePadding(5, 3, 1, 1), [1, 1]);
    assert.deepEqual(samePadding(6, 3, 2, 1), [0, 1]);
    assert.deepEqual(samePadding(5, 2, 1, 1), [0, 1]);
    assert.deepEqual(samePadding(7, 3, 1, 2), [2, 2]);
    assert.deepEqual(samePadding(4, 1, 3, 1), [0, 0]);
  });

  it('gives ceil(size / stride) places, whatever the window', () => {
    for (let size = 1; size < 12; size++) {
      for (const [window, stride, dilation] of [[1, 1, 1], [3, 2, 1], [2, 3, 1], [3, 1, 2], [5, 4, 1]]) {
        const padding = samePadding(size, window, stride, dilation);
        assert.equal(convOutputSize(size, window, stride, dilation, padding), Math.ceil(size / stride));
      }
    }
  });
});
