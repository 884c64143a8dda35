import { add, div, maximum, minimum, mul, pow, sub } from '../../../src/core/ops/binary';
import { cast } from '../../../src/core/ops/cast';
import { equal, greater, greaterEqual, logicalAnd } from '../../../src/core/ops/compare';
import type { Value } from '../../../src/core/ops/graph';
import type { OpName } from '../../../src/core/ops/registry';
import { BATCH, type Shape } from '../../../src/core/ops/shape';
import { abs, atan, cos, elu, erf, exp, floor, log, log1p, neg, relu, selu, sigmoid, sign, sin, softplus, sqrt, tanh } from '../../../src/core/ops/unary';
import { where } from '../../../src/core/ops/where';
import type { CaseInput, Domain, OpCase } from './opCase';

/** [batch, height, width, channels] */
const IMAGE: Shape = [BATCH, 3, 4, 2];

function unary(op: OpName, build: (x: Value) => Value, domains: readonly Domain[] = ['any', 'wide']): OpCase[] {
  return domains.flatMap((domain): OpCase[] => [
    { op, what: `a matrix, ${domain}`, inputs: [{ shape: [BATCH, 5], domain }], build },
    { op, what: `an image, ${domain}`, inputs: [{ shape: IMAGE, domain }], build },
    { op, what: `a number, ${domain}`, inputs: [{ shape: [], domain }], build },
  ]);
}

const broadcasts: readonly [what: string, a: Shape, b: Shape][] = [
  ['equal shapes', [BATCH, 5], [BATCH, 5]],
  ['equal images', IMAGE, IMAGE],
  ['an image and a number per channel', IMAGE, [2]],
  ['a number per channel and an image', [2], IMAGE],
  ['an image and a row', IMAGE, [4, 2]],
  ['an image and a column', IMAGE, [3, 1, 2]],
  ['an image and a sample', IMAGE, [3, 4, 2]],
  ['an image and a number per sample', IMAGE, [BATCH, 1, 1, 1]],
  ['an image and its one place', IMAGE, [BATCH, 1, 1, 2]],
  ['an image and one channel', IMAGE, [BATCH, 3, 4, 1]],
  ['an image and a number', IMAGE, []],
  ['a number and an image', [], IMAGE],
  ['an image and one element of the same rank', IMAGE, [1, 1, 1, 1]],
  ['both broadcast', [BATCH, 1, 4, 1], [3, 1, 2]],
  ['no batch on the left', [1, 3], [BATCH, 3]],
  ['a batch that is not in front', [2, BATCH, 1], [1, 5]],
  ['two numbers', [], []],
];

function pairs(op: OpName, build: (a: Value, b: Value) => Value, input: Partial<CaseInput> = {}): OpCase[] {
  return broadcasts.map(([what, a, b]): OpCase => ({ op, what: `${what}, ${input.dtype ?? input.domain ?? 'any'}`, inputs: [{ ...input, shape: a }, { ...input, shape: b }], build }));
}

/** Ties on purpose: whole numbers as floats, and integers. */
function comparisons(op: OpName, build: (a: Value, b: Value) => Value): OpCase[] {
  return [...pairs(op, build, { domain: 'whole' }), ...pairs(op, build, { dtype: 'int32' })];
}

const wheres = broadcasts.flatMap(([what, a, b]): OpCase[] => [
  {
    op: 'where',
    what: `${what}, the condition as the left`,
    inputs: [{ shape: a, dtype: 'bool' }, { shape: a }, { shape: b }],
    build: (condition, left, right) => where(condition, left, right),
  },
  {
    op: 'where',
    what: `${what}, the condition computed`,
    inputs: [{ shape: a }, { shape: b }],
    build: (left, right) => where(greater(left, 0), right, left),
  },
]);

export const elementwiseCases: readonly OpCase[] = [
  ...unary('neg', neg),
  ...unary('abs', abs),
  ...unary('exp', exp, ['any', 'small']),
  ...unary('log', log, ['positive']),
  ...unary('log1p', log1p, ['positive', 'small']),
  ...unary('sqrt', sqrt, ['positive']),
  ...unary('sign', sign),
  ...unary('sin', sin),
  ...unary('cos', cos),
  ...unary('atan', atan, ['any', 'wide', 'small']),
  ...unary('floor', floor, ['any', 'wide', 'whole']),
  ...unary('tanh', tanh, ['any', 'wide', 'small']),
  ...unary('sigmoid', sigmoid),
  ...unary('erf', erf, ['any', 'wide', 'small']),
  ...unary('relu', relu),
  ...unary('elu', elu, ['any', 'wide', 'whole']),
  ...unary('elu', (x) => elu(x, 0.3)),
  ...unary('selu', selu, ['any', 'wide', 'whole']),
  ...unary('softplus', softplus),
  ...pairs('add', add),
  ...pairs('add', add, { dtype: 'int32' }),
  ...pairs('sub', sub),
  ...pairs('sub', sub, { dtype: 'int32' }),
  ...pairs('mul', mul),
  ...pairs('mul', mul, { dtype: 'int32' }),
  ...pairs('div', div, { domain: 'positive' }),
  ...pairs('pow', pow, { domain: 'positive' }),
  { op: 'pow', what: 'negative bases to whole powers', inputs: [{ shape: IMAGE }, { shape: [2], domain: 'whole' }], build: (a, b) => pow(a, b), tolerance: 1e-5 },
  { op: 'pow', what: 'squares', inputs: [{ shape: IMAGE }], build: (x) => pow(x, 2) },
  { op: 'pow', what: 'square roots', inputs: [{ shape: IMAGE, domain: 'positive' }], build: (x) => pow(x, 0.5) },
  ...pairs('maximum', maximum, { domain: 'whole' }),
  ...pairs('maximum', maximum, { dtype: 'int32' }),
  ...pairs('minimum', minimum),
  ...pairs('minimum', minimum, { dtype: 'int32' }),
  // TensorFlow and onnxruntime have forms of their own for what is flat on both sides; at both ends there are ties.
  ...unary('minimum', (x) => minimum(6, relu(mul(x, 3))), ['any', 'wide', 'whole']),
  ...comparisons('greater', greater),
  ...comparisons('greaterEqual', greaterEqual),
  ...comparisons('equal', equal),
  ...pairs('logicalAnd', logicalAnd, { dtype: 'bool' }),
  ...wheres,
  { op: 'where', what: 'integers', inputs: [{ shape: [BATCH, 3], dtype: 'bool' }, { shape: [BATCH, 3], dtype: 'int32' }, { shape: [3], dtype: 'int32' }], build: (c, a, b) => where(c, a, b) },
  { op: 'where', what: 'numbers', inputs: [{ shape: [BATCH, 3], dtype: 'bool' }], build: (c) => where(c, 0.25, -7) },
  { op: 'cast', what: 'float to int, towards zero', inputs: [{ shape: IMAGE, domain: 'wide' }], build: (x) => cast(x, 'int32') },
  { op: 'cast', what: 'float to bool', inputs: [{ shape: IMAGE, domain: 'whole' }], build: (x) => cast(x, 'bool') },
  { op: 'cast', what: 'int to float', inputs: [{ shape: [BATCH, 4], dtype: 'int32' }], build: (x) => cast(x, 'float32') },
  { op: 'cast', what: 'int to bool', inputs: [{ shape: [BATCH, 4], dtype: 'int32' }], build: (x) => cast(x, 'bool') },
  { op: 'cast', what: 'bool to float', inputs: [{ shape: [BATCH, 4], dtype: 'bool' }], build: (x) => cast(x, 'float32') },
  { op: 'cast', what: 'bool to int', inputs: [{ shape: [BATCH, 4], dtype: 'bool' }], build: (x) => cast(x, 'int32') },
  { op: 'cast', what: 'a comparison to float', inputs: [{ shape: IMAGE }], build: (x) => cast(greater(x, 0), 'float32') },
];
