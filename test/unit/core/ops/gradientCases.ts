import { batchNorm } from '../../../../src/core/ops/batchNorm';
import { add, div, maximum, minimum, mul, pow, sub } from '../../../../src/core/ops/binary';
import { broadcastTo } from '../../../../src/core/ops/broadcastTo';
import { greater } from '../../../../src/core/ops/compare';
import { concat } from '../../../../src/core/ops/concat';
import { conv, convFilterGrad, convInputGrad } from '../../../../src/core/ops/conv';
import { gradients } from '../../../../src/core/ops/gradients';
import type { Value } from '../../../../src/core/ops/graph';
import { matmul } from '../../../../src/core/ops/matmul';
import { pad } from '../../../../src/core/ops/pad';
import { avgPool, avgPoolGrad, maxPool } from '../../../../src/core/ops/pool';
import { max, mean, sum } from '../../../../src/core/ops/reduce';
import type { OpName } from '../../../../src/core/ops/registry';
import { reshape } from '../../../../src/core/ops/reshape';
import { BATCH, type Shape } from '../../../../src/core/ops/shape';
import { gatherRows, scatterAddRows } from '../../../../src/core/ops/rows';
import { gatherSampleRows } from '../../../../src/core/ops/sampleRows';
import { slice } from '../../../../src/core/ops/slice';
import { logSoftmax, softmax } from '../../../../src/core/ops/softmax';
import { split } from '../../../../src/core/ops/split';
import { transpose } from '../../../../src/core/ops/transpose';
import { abs, atan, cos, elu, erf, exp, log, log1p, neg, relu, selu, sigmoid, sin, softplus, sqrt, tanh } from '../../../../src/core/ops/unary';
import { where } from '../../../../src/core/ops/where';
import { loopCases } from '../../../support/opCases/loops';
import type { CheckedInput, GradientCase } from './gradientCheck';

/** [batch, height, width, channels], height different from width. */
const IMAGE: Shape = [BATCH, 5, 4, 3];

function unary(build: (x: Value) => Value, domain: CheckedInput['domain'] = 'any'): GradientCase[] {
  return [{ what: 'element by element', inputs: [{ shape: [BATCH, 3, 4], domain }], build }];
}

/** Equal shapes, broadcasting of the second, of the first, of both, a scalar on each side. */
function binary(build: (a: Value, b: Value) => Value, domain: CheckedInput['domain'] = 'any'): GradientCase[] {
  const shapes: [string, Shape, Shape][] = [
    ['equal shapes', [BATCH, 3, 4], [BATCH, 3, 4]],
    ['second broadcast from fewer axes', [BATCH, 3, 4], [4]],
    ['second broadcast over the batch', [BATCH, 3], [1, 3]],
    ['first broadcast', [3, 1], [BATCH, 3, 4]],
    ['both broadcast', [BATCH, 1, 4], [3, 1]],
    ['first a scalar', [], [BATCH, 3]],
    ['second a scalar', [BATCH, 3], []],
  ];
  return shapes.map(([what, a, b]) => ({ what, inputs: [{ shape: a, domain }, { shape: b, domain }], build }));
}

/** Two operands, none near the other: the second is shifted by a number that no difference of the first meets. */
function choosing(build: (a: Value, b: Value) => Value): GradientCase[] {
  return [
    { what: 'equal shapes', inputs: twoApart([BATCH, 3, 4], [BATCH, 3, 4]), build: (a, b) => build(a, add(b, 0.05)) },
    { what: 'second broadcast', inputs: twoApart([BATCH, 3, 4], [4]), build: (a, b) => build(a, add(b, 0.05)) },
    { what: 'first broadcast', inputs: twoApart([3, 1], [BATCH, 3, 4]), build: (a, b) => build(a, add(b, 0.05)) },
  ];
}

function twoApart(a: Shape, b: Shape): CheckedInput[] {
  return [{ shape: a, domain: 'apart' }, { shape: b, domain: 'apart' }];
}

function reduction(build: (x: Value, axes?: readonly number[], keepDims?: boolean) => Value): GradientCase[] {
  const inputs: CheckedInput[] = [{ shape: IMAGE, domain: 'apart' }];
  return [
    { what: 'all axes', inputs, build: (x) => build(x) },
    { what: 'the batch axis', inputs, build: (x) => build(x, [0]) },
    { what: 'the batch and a fixed axis, kept', inputs, build: (x) => build(x, [0, 2], true) },
    { what: 'spatial axes', inputs, build: (x) => build(x, [1, 2]) },
    { what: 'the last axis, kept', inputs, build: (x) => build(x, [-1], true) },
    { what: 'a batch axis that is not in front', inputs: [{ shape: [3, -2, 4], domain: 'apart' }], build: (x) => build(x, [1]) },
    { what: 'a fixed axis before a batch axis', inputs: [{ shape: [3, -2, 4], domain: 'apart' }], build: (x) => build(x, [0, 2]) },
    { what: 'no batch axis at all', inputs: [{ shape: [3, 4], domain: 'apart' }], build: (x) => build(x, [1]) },
  ];
}

const matmuls: GradientCase[] = [
  ...[false, true].flatMap((transposeA) =>
    [false, true].map((transposeB): GradientCase => ({
      what: `transposes ${transposeA} ${transposeB}`,
      inputs: [{ shape: transposeA ? [3, BATCH] : [BATCH, 3] }, { shape: transposeB ? [4, 3] : [3, 4] }],
      build: (a, b) => matmul(a, b, { transposeA, transposeB }),
    })),
  ),
  ...[false, true].flatMap((transposeA) =>
    [false, true].map((transposeB): GradientCase => ({
      what: `batches, transposes ${transposeA} ${transposeB}`,
      inputs: [{ shape: transposeA ? [BATCH, 2, 3, 5] : [BATCH, 2, 5, 3] }, { shape: transposeB ? [2, 4, 3] : [2, 3, 4] }],
      build: (a, b) => matmul(a, b, { transposeA, transposeB }),
    })),
  ),
  ...[false, true].flatMap((transposeA) =>
    [false, true].map((transposeB): GradientCase => ({
      what: `a matrix on the right of batches, transposes ${transposeA} ${transposeB}`,
      inputs: [{ shape: transposeA ? [BATCH, 3, 5] : [BATCH, 5, 3] }, { shape: transposeB ? [4, 3] : [3, 4] }],
      build: (a, b) => matmul(a, b, { transposeA, transposeB }),
    })),
  ),
  { what: 'leading axes of size 1', inputs: [{ shape: [1, 5, 3] }, { shape: [BATCH, 3, 4] }], build: (a, b) => matmul(a, b) },
  { what: 'the batch inside', inputs: [{ shape: [BATCH, 3] }, { shape: [BATCH, 4] }], build: (a, b) => matmul(a, b, { transposeA: true }) },
];

interface ConvCase {
  readonly what: string;
  readonly x: Shape;
  readonly kernel: Shape;
  /** What the forward convolution gives. */
  readonly y: Shape;
  readonly attributes: Parameters<typeof conv>[2];
}

const convCases: ConvCase[] = [
  {
    what: 'plain', x: [BATCH, 5, 4, 2], kernel: [3, 2, 2, 3], y: [BATCH, 3, 3, 3],
    attributes: { strides: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 },
  },
  {
    what: 'strides and asymmetric padding', x: [BATCH, 6, 5, 2], kernel: [3, 2, 2, 2], y: [BATCH, 4, 2, 2],
    attributes: { strides: [2, 3], padding: [[1, 2], [0, 1]], dilation: [1, 1], groups: 1 },
  },
  {
    what: 'strides that leave rows unused', x: [BATCH, 6, 7, 1], kernel: [2, 2, 1, 2], y: [BATCH, 2, 2, 2],
    attributes: { strides: [3, 4], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 },
  },
  {
    what: 'dilation and groups', x: [BATCH, 6, 5, 4], kernel: [2, 3, 2, 6], y: [BATCH, 5, 3, 6],
    attributes: { strides: [1, 1], padding: [[1, 0], [0, 2]], dilation: [2, 2], groups: 2 },
  },
  {
    what: 'depthwise with multiplier, strided', x: [BATCH, 5, 4, 3], kernel: [3, 3, 1, 6], y: [BATCH, 3, 2, 6],
    attributes: { strides: [2, 2], padding: [[1, 1], [0, 1]], dilation: [1, 1], groups: 3 },
  },
  {
    what: 'one axis, causal, dilated', x: [BATCH, 7, 2], kernel: [3, 2, 3], y: [BATCH, 7, 3],
    attributes: { strides: [1], padding: [[4, 0]], dilation: [2], groups: 1 },
  },
  {
    what: 'three axes, strided', x: [BATCH, 4, 3, 5, 2], kernel: [2, 2, 3, 1, 2], y: [BATCH, 2, 3, 3, 2],
    attributes: { strides: [2, 1, 2], padding: [[0, 0], [1, 0], [1, 1]], dilation: [1, 1, 1], groups: 2 },
  },
  {
    what: 'twice the batch', x: [-2, 3, 4, 1], kernel: [2, 2, 1, 2], y: [-2, 2, 3, 2],
    attributes: { strides: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 },
  },
];

const convs = convCases.map(({ what, x, kernel, attributes }): GradientCase => ({
  what,
  inputs: [{ shape: x }, { shape: kernel }],
  build: (a, b) => conv(a, b, attributes),
}));

const convInputGrads = convCases.map(({ what, x, kernel, y, attributes }): GradientCase => ({
  what,
  inputs: [{ shape: y }, { shape: kernel }],
  build: (dy, b) => convInputGrad(dy, b, { ...attributes, inputShape: x }),
}));

const convFilterGrads = convCases.map(({ what, x, kernel, y, attributes }): GradientCase => ({
  what,
  inputs: [{ shape: x }, { shape: y }],
  build: (a, dy) => convFilterGrad(a, dy, { ...attributes, kernelShape: kernel }),
}));

interface PoolCase {
  readonly what: string;
  readonly x: Shape;
  readonly y: Shape;
  readonly attributes: Parameters<typeof maxPool>[1];
}

const poolCases: PoolCase[] = [
  { what: 'windows side by side', x: [BATCH, 4, 6, 2], y: [BATCH, 2, 2, 2], attributes: { size: [2, 3], strides: [2, 3], padding: [[0, 0], [0, 0]] } },
  { what: 'overlapping windows', x: [BATCH, 5, 4, 2], y: [BATCH, 3, 3, 2], attributes: { size: [3, 2], strides: [1, 1], padding: [[0, 0], [0, 0]] } },
  { what: 'overlapping, asymmetric padding', x: [BATCH, 5, 6, 2], y: [BATCH, 3, 3, 2], attributes: { size: [3, 3], strides: [2, 2], padding: [[1, 1], [0, 1]] } },
  { what: 'rows between windows', x: [BATCH, 7, 5, 1], y: [BATCH, 2, 2, 1], attributes: { size: [2, 1], strides: [4, 3], padding: [[0, 0], [0, 0]] } },
  { what: 'one axis', x: [BATCH, 7, 3], y: [BATCH, 4, 3], attributes: { size: [3], strides: [2], padding: [[1, 1]] } },
  { what: 'three axes', x: [BATCH, 3, 4, 5, 2], y: [BATCH, 2, 2, 3, 2], attributes: { size: [2, 2, 2], strides: [1, 2, 2], padding: [[0, 0], [0, 0], [0, 1]] } },
];

const maxPools = poolCases.map(({ what, x, attributes }): GradientCase => ({
  what,
  inputs: [{ shape: x, domain: 'apart' }],
  build: (a) => maxPool(a, attributes),
}));

const avgPools = poolCases.map(({ what, x, attributes }): GradientCase => ({
  what,
  inputs: [{ shape: x }],
  build: (a) => avgPool(a, attributes),
}));

const avgPoolGrads = poolCases.map(({ what, x, y, attributes }): GradientCase => ({
  what,
  inputs: [{ shape: y }],
  build: (dy) => avgPoolGrad(dy, { ...attributes, inputShape: x }),
}));

const batchNorms = [
  { what: 'channels last', x: IMAGE, axis: -1 },
  { what: 'channels first', x: [BATCH, 3, 5, 4], axis: 1 },
  { what: 'vectors', x: [-3, 3], axis: 1 },
].map(({ what, x, axis }): GradientCase => ({
  what,
  inputs: [{ shape: x }, { shape: [3] }, { shape: [3] }],
  build: (a, gamma, beta) => batchNorm(a, gamma, beta, { axis, epsilon: 1e-3 })[0],
}));

function softmaxes(build: (x: Value, axis?: number) => Value): GradientCase[] {
  return [
    { what: 'the last axis', inputs: [{ shape: [BATCH, 3, 4] }], build: (x) => build(x) },
    { what: 'an inner axis', inputs: [{ shape: [BATCH, 3, 4] }], build: (x) => build(x, 1) },
  ];
}

const slices: GradientCase[] = [
  { what: 'step 1', inputs: [{ shape: IMAGE }], build: (x) => slice(x, 1, 1, 4) },
  { what: 'step 2 from 1', inputs: [{ shape: [BATCH, 5, 3] }], build: (x) => slice(x, 1, 1, 5, 2) },
  { what: 'step 3 that ends inside', inputs: [{ shape: [BATCH, 8, 3] }], build: (x) => slice(x, 1, 0, 5, 3) },
  { what: 'step 2 to the very end', inputs: [{ shape: [BATCH, 3, 5] }], build: (x) => slice(x, -1, 0, 5, 2) },
  { what: 'a step beyond the end', inputs: [{ shape: [4, BATCH] }], build: (x) => slice(x, 0, 2, 4, 7) },
];

const concats: GradientCase[] = [
  { what: 'the last axis', inputs: [{ shape: [BATCH, 3, 2] }, { shape: [BATCH, 3, 1] }, { shape: [BATCH, 3, 4] }], build: (a, b, c) => concat([a, b, c], -1) },
  { what: 'an inner axis', inputs: [{ shape: [BATCH, 2, 3] }, { shape: [BATCH, 4, 3] }], build: (a, b) => concat([a, b], 1) },
  { what: 'a value with itself', inputs: [{ shape: [BATCH, 3] }], build: (a) => concat([a, a], 1) },
];

const broadcasts: GradientCase[] = [
  { what: 'new axes in front', inputs: [{ shape: [4] }], build: (x) => broadcastTo(x, [BATCH, 3, 4]) },
  { what: 'axes of size 1', inputs: [{ shape: [BATCH, 1, 4] }], build: (x) => broadcastTo(x, [BATCH, 3, 4]) },
  { what: 'a scalar', inputs: [{ shape: [] }], build: (x) => broadcastTo(x, [BATCH, 3]) },
];

const wheres = binary((a, b) => where(greater(a, b), mul(a, 2), mul(b, 3)), 'apart')
  .slice(1, 4)
  .map((checked): GradientCase => ({
    ...checked,
    build: (a, b) => where(greater(a, add(b, 0.05)), mul(a, 2), mul(b, 3)),
  }))
  .concat({
    what: 'the condition broadcast',
    inputs: [{ shape: [BATCH, 3, 4] }, { shape: [BATCH, 1, 1] }, { shape: [4] }],
    build: (a, c, b) => add(where(greater(c, 0), a, b), c),
  });

/** Cases for each operation that gradients pass; the others are held by the test itself. */
export const gradientCases: Partial<Record<OpName, readonly GradientCase[]>> = {
  neg: unary(neg),
  abs: unary(abs),
  exp: unary(exp),
  log: unary(log, 'positive'),
  log1p: unary(log1p, 'positive'),
  sqrt: unary(sqrt, 'positive'),
  sin: unary(sin),
  cos: unary(cos),
  atan: unary(atan),
  tanh: unary(tanh),
  sigmoid: unary(sigmoid),
  erf: unary(erf),
  relu: unary(relu),
  elu: [...unary((x) => elu(x)), ...unary((x) => elu(x, 0.3))],
  selu: unary(selu),
  softplus: unary(softplus),
  add: binary(add),
  sub: binary(sub),
  mul: [...binary(mul), { what: 'a value with itself', inputs: [{ shape: [BATCH, 3] }], build: (x) => mul(x, x) }],
  div: binary(div),
  pow: [...binary(pow, 'positive'), { what: 'negative base, whole exponent', inputs: [{ shape: [BATCH, 3] }], build: (x) => pow(x, 3) }],
  maximum: choosing(maximum),
  minimum: choosing(minimum),
  where: wheres,
  sum: reduction(sum),
  mean: reduction(mean),
  max: reduction(max),
  reshape: [
    { what: 'fixed axes', inputs: [{ shape: [BATCH, 3, 4] }], build: (x) => reshape(x, [BATCH, 12]) },
    { what: 'the batch merged and split', inputs: [{ shape: [BATCH, 3, 4] }], build: (x) => reshape(mul(reshape(x, [-3, 4]), 2), [BATCH, 2, 6]) },
  ],
  transpose: [
    { what: 'three axes in a circle', inputs: [{ shape: [BATCH, 3, 4] }], build: (x) => transpose(x, [2, 0, 1]) },
    { what: 'channels to the front', inputs: [{ shape: IMAGE }], build: (x) => transpose(x, [0, 3, 1, 2]) },
  ],
  broadcastTo: broadcasts,
  concat: concats,
  slice: slices,
  pad: [
    { what: 'some axes', inputs: [{ shape: IMAGE }], build: (x) => pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]]) },
    { what: 'another constant', inputs: [{ shape: [BATCH, 3] }], build: (x) => pad(x, [[0, 0], [2, 0]], -7) },
  ],
  matmul: matmuls,
  conv: convs,
  convInputGrad: convInputGrads,
  convFilterGrad: convFilterGrads,
  maxPool: maxPools,
  avgPool: avgPools,
  avgPoolGrad: avgPoolGrads,
  batchNorm: batchNorms,
  softmax: softmaxes(softmax),
  logSoftmax: softmaxes(logSoftmax),
  split: [
    { what: 'all parts', inputs: [{ shape: [BATCH, 5] }], build: (x) => concat([...split(x, [2, 1, 2], 1)].reverse(), 1) },
    { what: 'one part of three', inputs: [{ shape: IMAGE }], build: (x) => split(x, [1, 3, 1], 1)[1] },
  ],
  gatherRows: [{ what: 'rows that repeat', inputs: [{ shape: [4, 3] }], build: (table) => gatherRows(table, tokens(table)) }],
  scatterAddRows: [{ what: 'rows that repeat', inputs: [{ shape: [3, 2, 2] }], build: (values) => scatterAddRows(tokens(values), values, 5) }],
  gatherSampleRows: [{ what: 'rows that repeat', inputs: [{ shape: [BATCH, 4, 3] }], build: (x) => gatherSampleRows(x, ownPlaces(x)) }],
  scatterAddSampleRows: [{
    what: 'the gradient of a gradient', inputs: [{ shape: [BATCH, 4, 2] }], build: (x) => gradients(sum(mul(square(gatherSampleRows(x, ownPlaces(x))), 0.5)), [x])[0] ?? x,
  }],
  scan: loopCases.map(({ what, inputs, build }): GradientCase => ({ what, inputs: inputs.map((shape) => ({ shape })), build })),
};

function square(x: Value): Value {
  return mul(x, x);
}

/** For each sample rows 1, 2, 1, 3; the same for all, made to count batches. */
function ownPlaces(x: Value): Value {
  const places = x.graph.constant({ dtype: 'int32', shape: [1, 4], data: Int32Array.of(1, 2, 1, 3) });
  return broadcastTo(places, [BATCH, 4]);
}

/** Of the rows of a table; row 1 comes twice, rows 0 and 4 never. */
function tokens({ graph }: Value): Value {
  return graph.constant({ dtype: 'int32', shape: [3, 2], data: Int32Array.of(1, 2, 3, 1, 2, 2) });
}
