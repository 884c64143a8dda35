import type { OpName } from '../../core/ops/registry';
import { batchNorm, batchNormGrad } from './lower/batchNorm';
import { conv, convFilterGrad, convInputGrad } from './lower/conv';
import { add, cast, elementwise, elu } from './lower/elementwise';
import { matmul } from './lower/matmul';
import { maxPool, maxPoolGrad } from './lower/maxPool';
import { avgPool, avgPoolGrad } from './lower/avgPool';
import { argMax, argSort, overAxis, reduction, sum } from './lower/reduce';
import { gatherRows, gatherSampleRows, scatterAddRows, scatterAddSampleRows } from './lower/rows';
import { minimum, mul, where } from './lower/slopes';
import { batchSize, broadcastTo, concat, oneHot, pad, reshape, slice, split, transpose } from './lower/shaping';
import type { Lower } from './lowering';

const table = {
  neg: elementwise('Neg'),
  abs: elementwise('Abs'),
  exp: elementwise('Exp'),
  log: elementwise('Log'),
  log1p: elementwise('Log1p'),
  sqrt: elementwise('Sqrt'),
  sign: elementwise('Sign'),
  tanh: elementwise('Tanh'),
  sigmoid: elementwise('Sigmoid'),
  erf: elementwise('Erf'),
  relu: elementwise('Relu'),
  elu,
  selu: elementwise('Selu'),
  softplus: elementwise('Softplus'),
  sin: elementwise('Sin'),
  cos: elementwise('Cos'),
  atan: elementwise('Atan'),
  floor: elementwise('Floor'),
  add,
  sub: elementwise('Sub'),
  mul,
  div: elementwise('RealDiv'),
  pow: elementwise('Pow'),
  maximum: elementwise('Maximum'),
  minimum,
  greater: elementwise('Greater'),
  greaterEqual: elementwise('GreaterEqual'),
  equal: elementwise('Equal'),
  logicalAnd: elementwise('LogicalAnd'),
  where,
  cast,
  oneHot,
  batchSize,
  sum,
  mean: reduction('Mean'),
  max: reduction('Max'),
  argMax,
  argSort,
  reshape,
  transpose,
  broadcastTo,
  concat,
  split,
  slice,
  pad,
  matmul,
  conv,
  convInputGrad,
  convFilterGrad,
  maxPool,
  maxPoolGrad,
  avgPool,
  avgPoolGrad,
  batchNorm,
  batchNormGrad,
  softmax: overAxis('Softmax'),
  logSoftmax: overAxis('LogSoftmax'),
  gatherRows,
  scatterAddRows,
  gatherSampleRows,
  scatterAddSampleRows,
} satisfies Record<Exclude<OpName, 'scan'>, unknown>;

/** How each operation becomes TensorFlow operators, `scan` apart, which lowers a program. Each entry takes the attributes that its operation has. */
export const lowerings = table as unknown as Readonly<Record<Exclude<OpName, 'scan'>, Lower>>;
