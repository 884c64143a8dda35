import type { OpName } from '../../core/ops/registry';
import { batchNorm, batchNormGrad } from './lower/batchNorm';
import { conv, convInputGrad } from './lower/conv';
import { convFilterGrad } from './lower/convFilterGrad';
import { cast, elementwise, elu, log1p } from './lower/elementwise';
import { matmul } from './lower/matmul';
import { avgPool, avgPoolGrad, maxPool, maxPoolGrad } from './lower/pool';
import { argMax, argSort, overAxis, reduction } from './lower/reduce';
import { gatherRows, scatterAddRows } from './lower/rows';
import { gatherSampleRows, scatterAddSampleRows } from './lower/sampleRows';
import { batchSize, broadcastTo, concat, oneHot, pad, reshape, slice, split, transpose } from './lower/shaping';
import type { Lower } from './lowering';

const table = {
  neg: elementwise('Neg'),
  abs: elementwise('Abs'),
  exp: elementwise('Exp'),
  log: elementwise('Log'),
  log1p,
  sqrt: elementwise('Sqrt'),
  sign: elementwise('Sign'),
  sin: elementwise('Sin'),
  cos: elementwise('Cos'),
  atan: elementwise('Atan'),
  floor: elementwise('Floor'),
  tanh: elementwise('Tanh'),
  sigmoid: elementwise('Sigmoid'),
  erf: elementwise('Erf'),
  relu: elementwise('Relu'),
  elu,
  selu: elementwise('Selu'),
  softplus: elementwise('Softplus'),
  add: elementwise('Add'),
  sub: elementwise('Sub'),
  mul: elementwise('Mul'),
  div: elementwise('Div'),
  pow: elementwise('Pow'),
  maximum: elementwise('Max'),
  minimum: elementwise('Min'),
  greater: elementwise('Greater'),
  greaterEqual: elementwise('GreaterOrEqual'),
  equal: elementwise('Equal'),
  logicalAnd: elementwise('And'),
  where: elementwise('Where'),
  cast,
  oneHot,
  batchSize,
  sum: reduction('ReduceSum'),
  mean: reduction('ReduceMean'),
  max: reduction('ReduceMax'),
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

/** How each operation becomes ONNX operators, `scan` apart, which lowers a program. Each entry takes the attributes that its operation has. */
export const lowerings = table as unknown as Readonly<Record<Exclude<OpName, 'scan'>, Lower>>;
