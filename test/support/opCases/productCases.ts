import { batchNorm, batchNormGrad } from '../../../src/core/ops/batchNorm';
import { add } from '../../../src/core/ops/binary';
import { conv, type ConvAttributes, convFilterGrad, convInputGrad } from '../../../src/core/ops/conv';
import { matmul } from '../../../src/core/ops/matmul';
import { convOutputSize } from '../../../src/core/ops/padding';
import { pad } from '../../../src/core/ops/pad';
import { avgPool, avgPoolGrad, maxPool, maxPoolGrad, type PoolAttributes } from '../../../src/core/ops/pool';
import { BATCH, type Shape } from '../../../src/core/ops/shape';
import type { OpCase } from './opCase';

const flags = [false, true].flatMap((transposeA) => [false, true].map((transposeB) => ({ transposeA, transposeB })));

const products: readonly [what: string, a: Shape, b: Shape][] = [
  ['matrices', [BATCH, 3], [3, 4]],
  ['batches', [BATCH, 5, 3], [BATCH, 3, 2]],
  ['a matrix on the right of batches', [BATCH, 2, 5, 3], [3, 4]],
  ['leading axes that broadcast', [BATCH, 1, 5, 3], [2, 3, 4]],
];

function swapped(shape: Shape, transposed: boolean): Shape {
  return transposed ? [...shape.slice(0, -2), shape[shape.length - 1], shape[shape.length - 2]] : shape;
}

const matmuls = products.flatMap(([what, a, b]) =>
  flags.map(({ transposeA, transposeB }): OpCase => ({
    op: 'matmul',
    what: `${what}, transposed ${transposeA} ${transposeB}`,
    inputs: [{ shape: swapped(a, transposeA) }, { shape: swapped(b, transposeB) }],
    build: (left, right) => matmul(left, right, { transposeA, transposeB }),
  })),
);

const matmulUses: readonly OpCase[] = [
  { op: 'matmul', what: 'the batch inside', inputs: [{ shape: [BATCH, 3] }, { shape: [BATCH, 4] }], build: (a, b) => matmul(a, b, { transposeA: true }) },
  { op: 'matmul', what: 'with a bias', inputs: [{ shape: [BATCH, 3] }, { shape: [3, 4] }, { shape: [4] }], build: (a, b, bias) => add(matmul(a, b), bias) },
  { op: 'matmul', what: 'with a bias in front, constants', inputs: [{ shape: [BATCH, 3] }, { shape: [4, 3], constant: true }, { shape: [4], constant: true }], build: (a, b, bias) => add(bias, matmul(a, b, { transposeB: true })) },
  { op: 'matmul', what: 'with a bias, the product used again', inputs: [{ shape: [BATCH, 3] }, { shape: [3, 4] }, { shape: [4] }], build: (a, b, bias) => { const product = matmul(a, b); return [add(product, bias), product]; } },
  { op: 'matmul', what: 'two products added', inputs: [{ shape: [2, 3] }, { shape: [3, 4] }, { shape: [4] }], build: (a, b, bias) => add(matmul(a, b), add(matmul(a, b), bias)) },
  { op: 'matmul', what: 'a matrix and itself', inputs: [{ shape: [BATCH, 3] }], build: (a) => matmul(a, a, { transposeA: true }) },
];

interface Window {
  readonly what: string;
  readonly x: Shape;
  readonly kernel: Shape;
  readonly attributes: ConvAttributes;
}

const plain = (rank: number): ConvAttributes => ({ strides: new Array<number>(rank).fill(1), padding: new Array<[number, number]>(rank).fill([0, 0]), dilation: new Array<number>(rank).fill(1), groups: 1 });

const windows: readonly Window[] = [
  { what: 'plain', x: [BATCH, 5, 4, 2], kernel: [3, 2, 2, 3], attributes: plain(2) },
  { what: 'same padding, many channels', x: [BATCH, 6, 5, 8], kernel: [3, 3, 8, 5], attributes: { ...plain(2), padding: [[1, 1], [1, 1]] } },
  { what: 'one place of many channels', x: [BATCH, 6, 5, 8], kernel: [1, 1, 8, 5], attributes: plain(2) },
  { what: 'one place, strided', x: [BATCH, 6, 5, 8], kernel: [1, 1, 8, 5], attributes: { ...plain(2), strides: [2, 3] } },
  { what: 'one place, padded', x: [BATCH, 3, 4, 8], kernel: [1, 1, 8, 5], attributes: { ...plain(2), padding: [[1, 0], [0, 2]] } },
  { what: 'more padding than the window reaches', x: [BATCH, 3, 4, 6], kernel: [2, 2, 6, 3], attributes: { ...plain(2), padding: [[2, 3], [1, 2]] } },
  { what: 'strides, asymmetric padding', x: [BATCH, 6, 5, 2], kernel: [3, 2, 2, 2], attributes: { ...plain(2), strides: [2, 3], padding: [[1, 2], [0, 1]] } },
  { what: 'strides, many channels', x: [BATCH, 7, 6, 6], kernel: [3, 3, 6, 4], attributes: { ...plain(2), strides: [2, 2], padding: [[0, 1], [1, 1]] } },
  { what: 'strides that leave rows unused', x: [BATCH, 6, 7, 1], kernel: [2, 2, 1, 2], attributes: { ...plain(2), strides: [3, 4] } },
  { what: 'dilation', x: [BATCH, 9, 7, 5], kernel: [3, 2, 5, 3], attributes: { ...plain(2), padding: [[2, 2], [0, 1]], dilation: [2, 3] } },
  { what: 'dilation and strides', x: [BATCH, 9, 8, 3], kernel: [3, 2, 3, 2], attributes: { ...plain(2), strides: [2, 2], padding: [[1, 2], [1, 0]], dilation: [2, 2] } },
  { what: 'groups', x: [BATCH, 6, 5, 6], kernel: [3, 2, 3, 4], attributes: { ...plain(2), padding: [[1, 1], [0, 1]], groups: 2 } },
  { what: 'groups, dilated', x: [BATCH, 6, 5, 4], kernel: [2, 3, 2, 6], attributes: { ...plain(2), padding: [[1, 0], [0, 2]], dilation: [2, 2], groups: 2 } },
  { what: 'groups, strided', x: [BATCH, 6, 5, 4], kernel: [2, 3, 2, 6], attributes: { ...plain(2), strides: [2, 1], padding: [[1, 0], [0, 2]], groups: 2 } },
  { what: 'depthwise with a multiplier', x: [BATCH, 5, 4, 3], kernel: [3, 3, 1, 6], attributes: { ...plain(2), padding: [[1, 1], [1, 1]], groups: 3 } },
  { what: 'depthwise, few places', x: [BATCH, 5, 4, 3], kernel: [3, 2, 1, 3], attributes: { ...plain(2), padding: [[1, 1], [0, 1]], groups: 3 } },
  { what: 'depthwise, few places, strided', x: [BATCH, 7, 6, 3], kernel: [3, 3, 1, 3], attributes: { ...plain(2), strides: [2, 1], groups: 3 } },
  { what: 'depthwise, many places', x: [BATCH, 9, 8, 3], kernel: [3, 2, 1, 3], attributes: { ...plain(2), padding: [[1, 1], [0, 1]], groups: 3 } },
  { what: 'depthwise, many places, dilated', x: [BATCH, 11, 10, 2], kernel: [2, 3, 1, 2], attributes: { ...plain(2), dilation: [2, 1], groups: 2 } },
  { what: 'depthwise, a window of one place', x: [BATCH, 9, 8, 3], kernel: [1, 1, 1, 3], attributes: { ...plain(2), groups: 3 } },
  { what: 'depthwise, one axis', x: [BATCH, 7, 3], kernel: [3, 1, 3], attributes: { ...plain(1), padding: [[2, 0]], groups: 3 } },
  { what: 'depthwise, three axes', x: [BATCH, 3, 4, 5, 2], kernel: [2, 2, 3, 1, 2], attributes: { ...plain(3), padding: [[0, 1], [1, 0], [1, 1]], groups: 2 } },
  { what: 'depthwise with a multiplier, strided', x: [BATCH, 5, 4, 3], kernel: [3, 3, 1, 6], attributes: { ...plain(2), strides: [2, 2], padding: [[1, 1], [0, 1]], groups: 3 } },
  { what: 'one axis, causal, dilated', x: [BATCH, 7, 2], kernel: [3, 2, 3], attributes: { ...plain(1), padding: [[4, 0]], dilation: [2] } },
  { what: 'one axis, strided, many channels', x: [BATCH, 9, 6], kernel: [4, 6, 3], attributes: { ...plain(1), strides: [3], padding: [[1, 2]] } },
  { what: 'one axis, many channels', x: [BATCH, 9, 6], kernel: [4, 6, 3], attributes: plain(1) },
  { what: 'three axes', x: [BATCH, 4, 3, 5, 5], kernel: [2, 2, 3, 5, 2], attributes: { ...plain(3), padding: [[0, 1], [1, 0], [1, 1]] } },
  { what: 'three axes, strided', x: [BATCH, 4, 3, 5, 2], kernel: [2, 2, 3, 1, 2], attributes: { strides: [2, 1, 2], padding: [[0, 0], [1, 0], [1, 1]], dilation: [1, 1, 1], groups: 2 } },
  { what: 'three axes, strided in one group', x: [BATCH, 4, 3, 5, 2], kernel: [2, 2, 3, 2, 2], attributes: { strides: [2, 1, 2], padding: [[0, 0], [1, 0], [1, 1]], dilation: [1, 1, 1], groups: 1 } },
  { what: 'twice the batch', x: [-2, 3, 4, 1], kernel: [2, 2, 1, 2], attributes: plain(2) },
  { what: 'a window as large as the image', x: [BATCH, 3, 4, 5], kernel: [3, 4, 5, 2], attributes: plain(2) },
];

function placesOf({ x, kernel, attributes: { strides, dilation, padding } }: Window): Shape {
  const places = strides.map((stride, i) => convOutputSize(x[i + 1], kernel[i], stride, dilation[i], padding[i]));
  return [x[0], ...places, kernel[kernel.length - 1]];
}

const convs = windows.flatMap((window): OpCase[] => {
  const { what, x, kernel, attributes } = window;
  const y = placesOf(window);
  return [
    { op: 'conv', what, inputs: [{ shape: x }, { shape: kernel }], build: (a, b) => conv(a, b, attributes) },
    { op: 'conv', what: `${what}, a constant kernel and a bias`, inputs: [{ shape: x }, { shape: kernel, constant: true }, { shape: kernel.slice(-1) }], build: (a, b, bias) => add(conv(a, b, attributes), bias) },
    { op: 'convInputGrad', what, inputs: [{ shape: y }, { shape: kernel }], build: (dy, b) => convInputGrad(dy, b, { ...attributes, inputShape: x }) },
    { op: 'convFilterGrad', what, inputs: [{ shape: x }, { shape: y }], build: (a, dy) => convFilterGrad(a, dy, { ...attributes, kernelShape: kernel }) },
  ];
});

const pools: readonly [what: string, x: Shape, attributes: PoolAttributes][] = [
  ['without overlap', [BATCH, 6, 4, 3], { size: [2, 2], strides: [2, 2], padding: [[0, 0], [0, 0]] }],
  ['without overlap, a rest', [BATCH, 7, 5, 3], { size: [2, 2], strides: [2, 2], padding: [[0, 0], [0, 0]] }],
  ['without overlap, padded', [BATCH, 7, 5, 3], { size: [2, 3], strides: [2, 3], padding: [[0, 1], [0, 1]] }],
  ['with gaps', [BATCH, 7, 5, 2], { size: [2, 1], strides: [3, 2], padding: [[0, 0], [0, 0]] }],
  ['overlapping', [BATCH, 7, 6, 3], { size: [3, 3], strides: [2, 2], padding: [[1, 1], [0, 1]] }],
  ['overlapping, stride 1', [BATCH, 5, 4, 2], { size: [3, 2], strides: [1, 1], padding: [[1, 1], [0, 1]] }],
  ['the whole image', [BATCH, 3, 4, 2], { size: [3, 4], strides: [1, 1], padding: [[0, 0], [0, 0]] }],
  ['one axis', [BATCH, 7, 2], { size: [3], strides: [2], padding: [[1, 1]] }],
  ['three axes', [BATCH, 4, 3, 5, 2], { size: [2, 2, 3], strides: [2, 1, 2], padding: [[0, 0], [0, 1], [1, 1]] }],
  ['one channel', [BATCH, 5, 4, 1], { size: [2, 2], strides: [2, 2], padding: [[0, 1], [0, 0]] }],
];

/** onnxruntime joins the two where a convolution stands before them, and then pads with nothing instead of with zeros. */
const paddedPooling: OpCase = {
  op: 'pad', what: 'zeros that a pooling reads, around negative numbers', inputs: [{ shape: [BATCH, 4, 5, 2] }, { shape: [1, 1, 2, 3] }],
  build: (x, kernel) => {
    const low = add(conv(x, kernel, { strides: [1, 1], dilation: [1, 1], groups: 1, padding: [[0, 0], [0, 0]] }), -9);
    return maxPool(pad(low, [[0, 0], [1, 1], [1, 1], [0, 0]]), { size: [3, 3], strides: [2, 2], padding: [[0, 0], [0, 0]] });
  },
};

const poolings = pools.flatMap(([what, x, attributes]): OpCase[] => {
  const places = attributes.size.map((size, i) => convOutputSize(x[i + 1], size, attributes.strides[i], 1, attributes.padding[i]));
  const y = [x[0], ...places, x[x.length - 1]];
  return [
    { op: 'maxPool', what, inputs: [{ shape: x }], build: (a) => maxPool(a, attributes) },
    { op: 'maxPoolGrad', what: `${what}, with ties`, inputs: [{ shape: x, domain: 'whole' }, { shape: y }], build: (a, dy) => maxPoolGrad(a, maxPool(a, attributes), dy, attributes) },
    { op: 'maxPoolGrad', what: `${what}, all below zero`, inputs: [{ shape: x, domain: 'any' }, { shape: y }], build: (a, dy) => { const low = add(a, -5); const top = maxPool(low, attributes); return [maxPoolGrad(low, top, dy, attributes), top]; } },
    { op: 'avgPool', what, inputs: [{ shape: x }], build: (a) => avgPool(a, attributes) },
    { op: 'avgPoolGrad', what, inputs: [{ shape: y }], build: (dy) => avgPoolGrad(dy, { ...attributes, inputShape: x }) },
  ];
});

const normalized: readonly [what: string, x: Shape, axis: number][] = [
  ['rows', [BATCH, 4], 1],
  ['an image, channels last', [BATCH, 3, 4, 5], 3],
  ['an image, channels first', [BATCH, 3, 4, 5], 1],
  ['an image, by columns', [BATCH, 3, 4, 5], 2],
  ['a sequence', [BATCH, 6, 3], 2],
  ['a volume', [BATCH, 2, 3, 4, 2], 4],
  ['channels in front', [4, BATCH, 3], 0],
];

const batchNorms = normalized.flatMap(([what, x, axis]): OpCase[] => {
  const vector = { shape: [x[axis]] };
  const positive = { ...vector, domain: 'positive' } as const;
  const attributes = { axis, epsilon: 1e-3 };
  return [
    { op: 'batchNorm', what, inputs: [{ shape: x }, vector, vector], build: (a, gamma, beta) => batchNorm(a, gamma, beta, attributes) },
    { op: 'batchNorm', what: `${what}, far from zero`, inputs: [{ shape: x }, vector, vector], build: (a, gamma, beta) => batchNorm(add(a, 20), gamma, beta, attributes), tolerance: 1e-4 /* 20 / 2 times the rounding of x */ },
    { op: 'batchNormGrad', what, inputs: [{ shape: x }, vector, vector, positive, { shape: x }], build: (...values) => batchNormGrad([values[0], values[1], values[2], values[3], values[4]], attributes) },
    { op: 'batchNormGrad', what: `${what}, after its forward pass`, inputs: [{ shape: x }, vector, vector, { shape: x }], build: (a, gamma, beta, dy) => { const [y, mean, variance] = batchNorm(a, gamma, beta, attributes); return [y, ...batchNormGrad([a, gamma, mean, variance, dy], attributes)]; }, tolerance: 1e-4 /* a batch of one row: dx is a difference of equals, divided by sqrt(epsilon) */ },
  ];
});

export const productCases: readonly OpCase[] = [...matmuls, ...matmulUses, ...convs, paddedPooling, ...poolings, ...batchNorms];
