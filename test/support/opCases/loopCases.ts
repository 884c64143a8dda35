import { mul } from '../../../src/core/ops/binary';
import { gradients } from '../../../src/core/ops/gradients';
import type { Value } from '../../../src/core/ops/graph';
import { sum } from '../../../src/core/ops/reduce';
import { gatherRows, scatterAddRows } from '../../../src/core/ops/rows';
import { gatherSampleRows } from '../../../src/core/ops/sampleRows';
import { BATCH } from '../../../src/core/ops/shape';
import { split } from '../../../src/core/ops/split';
import { loopCases } from './loops';
import type { OpCase } from './opCase';

/** A loop, what it gives, and the gradients that run it backwards. */
function withGradients(build: (...values: readonly Value[]) => Value): (...values: readonly Value[]) => readonly Value[] {
  return (...values) => {
    const y = build(...values);
    const loss = sum(mul(y, y));
    return [y, ...gradients(loss, values).flatMap((slope) => slope ?? [])];
  };
}

/** scan, split, rows of tables and of samples. Sums over steps and rows: float32 keeps five digits of them. */
export const loopAndRowCases: readonly OpCase[] = [
  ...loopCases.map(({ what, inputs, build }): OpCase => ({ op: 'scan', what, inputs: inputs.map((shape) => ({ shape })), build: withGradients(build), tolerance: 1e-4 })),
  { op: 'split', what: 'columns', inputs: [{ shape: [BATCH, 5] }], build: (x) => split(x, [2, 3], -1) },
  { op: 'split', what: 'channels of an image', inputs: [{ shape: [BATCH, 3, 4, 6] }], build: (x) => split(x, [1, 2, 3], 3) },
  { op: 'split', what: 'rows of an image', inputs: [{ shape: [BATCH, 3, 4, 6] }], build: (x) => split(x, [1, 2], 1) },
  { op: 'split', what: 'whole numbers', inputs: [{ shape: [BATCH, 4], dtype: 'int32' }], build: (x) => split(x, [1, 3], 1) },
  { op: 'gatherRows', what: 'vectors of tokens', inputs: [{ shape: [8, 3] }, { shape: [BATCH, 4], dtype: 'int32', domain: 'row' }], build: (table, ids) => gatherRows(table, ids) },
  { op: 'gatherRows', what: 'numbers', inputs: [{ shape: [8] }, { shape: [BATCH], dtype: 'int32', domain: 'row' }], build: (table, ids) => gatherRows(table, ids) },
  { op: 'gatherRows', what: 'matrices that hold batches', inputs: [{ shape: [8, BATCH, 2] }, { shape: [3], dtype: 'int32', domain: 'row', constant: true }], build: (table, ids) => gatherRows(table, ids) },
  { op: 'gatherSampleRows', what: 'places of an image', inputs: [{ shape: [BATCH, 8, 3] }, { shape: [BATCH, 5], dtype: 'int32', domain: 'row' }], build: (x, ids) => gatherSampleRows(x, ids) },
  { op: 'gatherSampleRows', what: 'numbers', inputs: [{ shape: [BATCH, 8] }, { shape: [BATCH, 5], dtype: 'int32', domain: 'row' }], build: (x, ids) => gatherSampleRows(x, ids) },
  ...[[BATCH, 8, 3], [BATCH, 8], [BATCH, 8, 2, 3]].map((shape): OpCase => ({
    op: 'scatterAddSampleRows', what: `back to ${shape.length - 2} axes, with repeats`, inputs: [{ shape }, { shape: [BATCH, 14], dtype: 'int32', domain: 'row' }],
    build: (x, ids) => gradients(sum(mul(gatherSampleRows(x, ids), gatherSampleRows(x, ids))), [x])[0] ?? x,
  })),
  { op: 'scatterAddRows', what: 'vectors of tokens, with repeats', inputs: [{ shape: [BATCH, 14], dtype: 'int32', domain: 'row' }, { shape: [BATCH, 14, 3] }], build: (ids, values) => scatterAddRows(ids, values, 8) },
  { op: 'scatterAddRows', what: 'numbers', inputs: [{ shape: [BATCH], dtype: 'int32', domain: 'row' }, { shape: [BATCH] }], build: (ids, values) => scatterAddRows(ids, values, 8) },
  { op: 'scatterAddRows', what: 'one row', inputs: [{ shape: [], dtype: 'int32', domain: 'row', constant: true }, { shape: [BATCH, 3] }], build: (ids, values) => scatterAddRows(ids, values, 8) },
  { op: 'scatterAddRows', what: 'matrices that hold batches', inputs: [{ shape: [3], dtype: 'int32', domain: 'row', constant: true }, { shape: [3, BATCH, 2] }], build: (ids, values) => scatterAddRows(ids, values, 8) },
];
