import { argSortOps } from './argSort';
import { batchNormOps } from './batchNorm';
import { batchSizeOps } from './batchSize';
import { binaryOps } from './binary';
import { broadcastToOps } from './broadcastTo';
import { castOps } from './cast';
import { compareOps } from './compare';
import { concatOps } from './concat';
import { convOps } from './conv';
import { matmulOps } from './matmul';
import { oneHotOps } from './oneHot';
import { padOps } from './pad';
import { poolOps } from './pool';
import { reduceOps } from './reduce';
import type { OpTable } from './registry';
import { reshapeOps } from './reshape';
import { rowOps } from './rows';
import { sampleRowOps } from './sampleRows';
import { scanOps } from './scanOp';
import { sliceOps } from './slice';
import { softmaxOps } from './softmax';
import { splitOps } from './split';
import { transposeOps } from './transpose';
import { unaryOps } from './unary';
import { whereOps } from './where';

/** The definition of every primitive operation; one that is missing does not compile. */
export const operations: OpTable = {
  ...unaryOps,
  ...binaryOps,
  ...compareOps,
  ...whereOps,
  ...castOps,
  ...oneHotOps,
  ...batchSizeOps,
  ...reduceOps,
  ...argSortOps,
  ...reshapeOps,
  ...transposeOps,
  ...broadcastToOps,
  ...concatOps,
  ...splitOps,
  ...sliceOps,
  ...padOps,
  ...matmulOps,
  ...convOps,
  ...poolOps,
  ...batchNormOps,
  ...softmaxOps,
  ...rowOps,
  ...sampleRowOps,
  ...scanOps((name) => operations[name]),
};
