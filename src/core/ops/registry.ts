import type { OpDefinition } from './definition';

/** Every primitive operation there is. Engines hold a lowering for each. */
export const opNames = [
  // unary.ts: element by element, float -> float
  'neg', 'abs', 'exp', 'log', 'log1p', 'sqrt', 'sign', 'tanh', 'sigmoid', 'erf', 'relu', 'elu', 'selu', 'softplus',
  'sin', 'cos', 'atan', 'floor',
  // binary.ts: element by element with broadcasting
  'add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum',
  // compare.ts: with broadcasting, -> bool
  'greater', 'greaterEqual', 'equal', 'logicalAnd',
  // where.ts, cast.ts, oneHot.ts, batchSize.ts
  'where', 'cast', 'oneHot', 'batchSize',
  // reduce.ts
  'sum', 'mean', 'max', 'argMax',
  // argSort.ts
  'argSort',
  // shaping, one file each
  'reshape', 'transpose', 'broadcastTo', 'concat', 'split', 'slice', 'pad',
  // rows.ts
  'gatherRows', 'scatterAddRows',
  // sampleRows.ts: for each sample of the batch
  'gatherSampleRows', 'scatterAddSampleRows',
  // matmul.ts
  'matmul',
  // conv.ts, channels last, rank 1 to 3
  'conv', 'convInputGrad', 'convFilterGrad',
  // pool.ts, channels last, rank 1 to 3
  'maxPool', 'maxPoolGrad', 'avgPool', 'avgPoolGrad',
  // batchNorm.ts: training form over all axes but one
  'batchNorm', 'batchNormGrad',
  // softmax.ts
  'softmax', 'logSoftmax',
  // scanOp.ts: a loop over the leading axis; written with scan.ts
  'scan',
] as const;

export type OpName = (typeof opNames)[number];

/** `operations.ts` holds the definition of each. */
export type OpTable = Readonly<Record<OpName, OpDefinition>>;
