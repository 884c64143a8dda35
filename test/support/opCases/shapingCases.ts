import { argSort } from '../../../src/core/ops/argSort';
import { batchSize } from '../../../src/core/ops/batchSize';
import { add, mul } from '../../../src/core/ops/binary';
import { broadcastTo } from '../../../src/core/ops/broadcastTo';
import { concat } from '../../../src/core/ops/concat';
import type { Value } from '../../../src/core/ops/graph';
import { oneHot } from '../../../src/core/ops/oneHot';
import { pad } from '../../../src/core/ops/pad';
import { argMax, max, mean, sum } from '../../../src/core/ops/reduce';
import type { OpName } from '../../../src/core/ops/registry';
import { reshape } from '../../../src/core/ops/reshape';
import { BATCH, type Shape } from '../../../src/core/ops/shape';
import { slice } from '../../../src/core/ops/slice';
import { logSoftmax, softmax } from '../../../src/core/ops/softmax';
import { transpose } from '../../../src/core/ops/transpose';
import type { Domain, OpCase } from './opCase';

/** [batch, height, width, channels] */
const IMAGE: Shape = [BATCH, 3, 4, 2];
const VOLUME: Shape = [BATCH, 2, 3, 4, 2];

const axesOfImage: readonly (readonly number[] | undefined)[] = [
  undefined, [0], [1], [2], [3], [0, 1], [1, 2], [0, 3], [2, 3], [0, 1, 2], [1, 2, 3],
];

function reduction(op: OpName, build: (x: Value, axes?: readonly number[], keepDims?: boolean) => Value, domain: Domain = 'any'): OpCase[] {
  const images = axesOfImage.flatMap((axes) =>
    [false, true].map((keep): OpCase => ({
      op, what: `an image over ${axes?.join(', ') ?? 'all'}${keep ? ', kept' : ''}`, inputs: [{ shape: IMAGE, domain }], build: (x) => build(x, axes, keep),
    })),
  );
  return [
    ...images,
    { op, what: 'a volume over its space', inputs: [{ shape: VOLUME, domain }], build: (x) => build(x, [1, 2, 3]) },
    { op, what: 'a sequence over time', inputs: [{ shape: [BATCH, 5, 2], domain }], build: (x) => build(x, [1]) },
    { op, what: 'a matrix over rows', inputs: [{ shape: [BATCH, 5], domain }], build: (x) => build(x, [0]) },
    { op, what: 'a matrix over columns', inputs: [{ shape: [BATCH, 5], domain }], build: (x) => build(x, [-1], true) },
    { op, what: 'a batch that is not in front', inputs: [{ shape: [3, -2, 4], domain }], build: (x) => build(x, [1]) },
    { op, what: 'no batch', inputs: [{ shape: [3, 4], domain, constant: true }], build: (x) => build(x, [0]) },
  ];
}

function overAxis(op: OpName, build: (x: Value, axis?: number) => Value, domain: Domain): OpCase[] {
  return [
    { op, what: `rows, ${domain}`, inputs: [{ shape: [BATCH, 5], domain }], build: (x) => build(x, -1) },
    ...[1, 2, 3].map((axis): OpCase => ({ op, what: `an image over ${axis}, ${domain}`, inputs: [{ shape: IMAGE, domain }], build: (x) => build(x, axis) })),
  ];
}

const reshapes: readonly [what: string, from: Shape, to: Shape][] = [
  ['flattened samples', IMAGE, [BATCH, 24]],
  ['samples made images', [BATCH, 24], IMAGE],
  ['rows of all samples', IMAGE, [-12, 2]],
  ['everything', IMAGE, [-24]],
  ['more axes', [-6, 4], [BATCH, 2, 3, 4]],
  ['ones', [BATCH, 3], [BATCH, 1, 1, 3]],
  ['no ones', [BATCH, 1, 1, 3], [BATCH, 3]],
  ['a batch that moves behind', [-2, 3], [2, -3]],
];

const permutations: readonly (readonly number[])[] = [[3, 1, 2, 0], [0, 3, 1, 2], [0, 2, 1, 3], [1, 0, 3, 2], [0, 2, 3, 1]];

const broadcasts: readonly [what: string, from: Shape, to: Shape][] = [
  ['a number', [], IMAGE],
  ['a number per channel', [2], IMAGE],
  ['one place', [BATCH, 1, 1, 2], IMAGE],
  ['a number per sample', [BATCH, 1, 1, 1], IMAGE],
  ['a row', [4, 1], IMAGE],
  ['one channel', [BATCH, 3, 4, 1], IMAGE],
  ['a vector to the batch', [3], [BATCH, 3]],
  ['a sample to twice the batch', [1, 3], [-2, 3]],
  ['fixed sizes', [1, 3], [4, 3]],
];

const broadcastCases = broadcasts.flatMap(([what, from, to]): OpCase[] => {
  const inputs = [{ shape: from }, { shape: to }];
  return [
    // The second input gives the batch size where the first has none.
    { op: 'broadcastTo', what, inputs, build: (x) => broadcastTo(x, to) },
    { op: 'broadcastTo', what: `${what}, under an operation`, inputs, build: (x, y) => [mul(broadcastTo(x, to), y), sum(broadcastTo(x, to), [0])] },
    { op: 'broadcastTo', what: `${what}, alone under an operation`, inputs, build: (x) => add(broadcastTo(mul(x, 2), to), 1) },
  ];
});

export const shapingCases: readonly OpCase[] = [
  ...reduction('sum', sum),
  ...reduction('mean', mean),
  ...reduction('max', max, 'whole'),
  ...[0, 1, 2, 3].filter((axis) => axis > 0).flatMap((axis): OpCase[] => [
    { op: 'argMax', what: `an image over ${axis}, with ties`, inputs: [{ shape: IMAGE, domain: 'whole' }], build: (x) => argMax(x, axis) },
    { op: 'argMax', what: `integers over ${axis}`, inputs: [{ shape: IMAGE, dtype: 'int32' }], build: (x) => argMax(x, axis) },
  ]),
  { op: 'argSort', what: 'rows, with ties', inputs: [{ shape: [BATCH, 9], domain: 'whole' }], build: (x) => argSort(x) },
  { op: 'argSort', what: 'an image', inputs: [{ shape: IMAGE }], build: (x) => argSort(x) },
  { op: 'argSort', what: 'integers', inputs: [{ shape: [BATCH, 3, 7], dtype: 'int32' }], build: (x) => argSort(x) },
  { op: 'argSort', what: 'one element', inputs: [{ shape: [BATCH, 1] }], build: (x) => argSort(x) },
  { op: 'argMax', what: 'rows, with ties', inputs: [{ shape: [BATCH, 6], domain: 'whole' }], build: (x) => argMax(x, -1) },
  ...overAxis('softmax', softmax, 'any'),
  ...overAxis('softmax', softmax, 'wide'),
  ...overAxis('logSoftmax', logSoftmax, 'any'),
  ...overAxis('logSoftmax', logSoftmax, 'wide'),
  ...reshapes.map(([what, from, to]): OpCase => ({ op: 'reshape', what, inputs: [{ shape: from }], build: (x) => reshape(x, to) })),
  { op: 'reshape', what: 'integers', inputs: [{ shape: [BATCH, 1], dtype: 'int32' }], build: (x) => reshape(x, [BATCH]) },
  { op: 'reshape', what: 'of a constant', inputs: [{ shape: [2, 6], constant: true }, { shape: [BATCH, 4] }], build: (x, y) => add(reshape(x, [3, 1, 4]), y) },
  ...permutations.map((permutation): OpCase => ({ op: 'transpose', what: permutation.join(', '), inputs: [{ shape: IMAGE }], build: (x) => transpose(x, permutation) })),
  { op: 'transpose', what: 'a matrix', inputs: [{ shape: [BATCH, 3] }], build: (x) => transpose(x, [1, 0]) },
  { op: 'transpose', what: 'a constant', inputs: [{ shape: [2, 3, 4], constant: true }, { shape: [BATCH, 3, 2] }], build: (x, y) => add(transpose(x, [2, 1, 0]), reshape(y, [BATCH, 1, 3, 2])) },
  { op: 'transpose', what: 'a volume', inputs: [{ shape: VOLUME }], build: (x) => transpose(x, [4, 0, 2, 3, 1]) },
  ...broadcastCases,
  ...[1, 2, 3].map((axis): OpCase => ({ op: 'concat', what: `three images on ${axis}`, inputs: [1, 2, 3].map((size) => ({ shape: IMAGE.map((dim, own) => (own === axis ? size : dim)) })), build: (...values) => concat(values, axis) })),
  { op: 'concat', what: 'rows', inputs: [{ shape: [BATCH, 3] }, { shape: [BATCH, 4] }], build: (a, b) => concat([a, b], -1) },
  { op: 'concat', what: 'one twice', inputs: [{ shape: IMAGE }], build: (a) => concat([a, a], 3) },
  ...[1, 2, 3].map((axis): OpCase => ({ op: 'slice', what: `an image on ${axis}`, inputs: [{ shape: IMAGE }], build: (x) => slice(x, axis, 1, 2) })),
  { op: 'slice', what: 'every second', inputs: [{ shape: [BATCH, 7, 3] }], build: (x) => slice(x, 1, 1, 6, 2) },
  { op: 'slice', what: 'a step beyond the end', inputs: [{ shape: [BATCH, 7] }], build: (x) => slice(x, 1, 2, 7, 9) },
  { op: 'slice', what: 'a fixed axis in front', inputs: [{ shape: [4, BATCH] }], build: (x) => slice(x, 0, 1, 3) },
  { op: 'pad', what: 'each side of an image', inputs: [{ shape: IMAGE }], build: (x) => pad(x, [[0, 0], [1, 2], [0, 3], [2, 0]]) },
  { op: 'pad', what: 'with a number', inputs: [{ shape: IMAGE }], build: (x) => pad(x, [[0, 0], [0, 1], [1, 0], [1, 1]], -1.5) },
  { op: 'pad', what: 'integers', inputs: [{ shape: [BATCH, 3], dtype: 'int32' }], build: (x) => pad(x, [[0, 0], [1, 1]], 7) },
  { op: 'oneHot', what: 'indices in and out of range', inputs: [{ shape: [BATCH], dtype: 'int32' }], build: (x) => oneHot(x, 5) },
  { op: 'oneHot', what: 'a sequence', inputs: [{ shape: [BATCH, 4], dtype: 'int32' }], build: (x) => oneHot(x, 4) },
  { op: 'batchSize', what: 'the batch', inputs: [{ shape: IMAGE }], build: (x) => batchSize(x) },
  { op: 'batchSize', what: 'three times the batch', inputs: [{ shape: [-3, 2] }], build: (x) => mul(batchSize(x), 0.5) },
];
