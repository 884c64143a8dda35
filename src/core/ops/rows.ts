import { SurgeryError } from '../errors';
import type { NumericTensor, OpDefinition } from './definition';
import type { TensorType, Value } from './graph';
import type { OpName } from './registry';
import { sameShape, type Shape } from './shape';
import { elementCount } from './strides';
import { expectDType, expectWhole, refusal, showTypes } from './typeRules';

export interface ScatterAddRowsAttributes {
  /** Rows of the result. */
  readonly rows: number;
}

function inferGather(inputs: readonly TensorType[]): TensorType {
  const [table, ids] = inputs;
  expectDType('gatherRows', [ids], 'int32');
  if (table.shape.length === 0 || table.shape[0] < 1) throw refusal('gatherRows', 'a table with a fixed number of rows', showTypes(inputs));
  return { shape: [...ids.shape, ...table.shape.slice(1)], dtype: table.dtype };
}

function inferScatter(inputs: readonly TensorType[], { rows }: ScatterAddRowsAttributes): TensorType {
  const [ids, values] = inputs;
  expectDType('scatterAddRows', [ids], 'int32');
  expectDType('scatterAddRows', [values], 'float32');
  expectWhole('scatterAddRows', 'rows', [rows], 1);
  if (!sameShape(values.shape.slice(0, ids.shape.length), ids.shape)) {
    throw refusal('scatterAddRows', 'values of shape [...indices, ...row]', showTypes(inputs));
  }
  return { shape: [rows, ...rowOf(ids.shape, values.shape)], dtype: 'float32' };
}

function rowOf(ids: Shape, values: Shape): Shape {
  return values.slice(ids.length);
}

/** Throws `data-mismatch` for an index that names no row. */
function expectRow(op: OpName, index: number, rows: number): void {
  if (index >= 0 && index < rows) return;
  throw new SurgeryError('data-mismatch', 'An index names no row of a table.', { expected: `0 to ${rows - 1}`, received: String(index), where: op });
}

function gatherReference(table: NumericTensor, ids: NumericTensor): NumericTensor {
  const row = table.shape.slice(1);
  const size = elementCount(row);
  const data = new Float64Array(ids.data.length * size);
  ids.data.forEach((index, at) => {
    expectRow('gatherRows', index, table.shape[0]);
    data.set(table.data.subarray(index * size, (index + 1) * size), at * size);
  });
  return { shape: [...ids.shape, ...row], data };
}

function scatterReference(ids: NumericTensor, values: NumericTensor, rows: number): NumericTensor {
  const row = rowOf(ids.shape, values.shape);
  const size = elementCount(row);
  const data = new Float64Array(rows * size);
  ids.data.forEach((index, at) => {
    expectRow('scatterAddRows', index, rows);
    for (let i = 0; i < size; i++) data[index * size + i] += values.data[at * size + i];
  });
  return { shape: [rows, ...row], data };
}

interface RowOps {
  readonly gatherRows: OpDefinition;
  readonly scatterAddRows: OpDefinition<ScatterAddRowsAttributes>;
}

/** Each is the transpose of the other. */
export const rowOps: RowOps = {
  gatherRows: {
    name: 'gatherRows',
    infer: (inputs) => [inferGather(inputs)],
    gradient: ({ inputs: [table, ids] }, [dy], [wanted]) => [dy && wanted ? scatterAddRows(ids, dy, table.shape[0]) : undefined, undefined],
    reference: ([table, ids]) => [gatherReference(table, ids)],
  },
  scatterAddRows: {
    name: 'scatterAddRows',
    infer: (inputs, attributes) => [inferScatter(inputs, attributes)],
    gradient: ({ inputs: [ids] }, [dy], [, wanted]) => [undefined, dy && wanted ? gatherRows(dy, ids) : undefined],
    reference: ([ids, values], { rows }) => [scatterReference(ids, values, rows)],
  },
};

/**
 * Rows of a table: table [rows, ...row], int32 indices [...] -> [...indices, ...row]. What an index outside the table gives
 * is not defined: the reference throws `data-mismatch`, an engine may fail.
 */
export function gatherRows(table: Value, ids: Value): Value {
  return table.graph.add(rowOps.gatherRows, [table, ids], {})[0];
}

/** Adds each value to the row that its index names: indices [...], values [...indices, ...row] -> [rows, ...row]. */
export function scatterAddRows(ids: Value, values: Value, rows: number): Value {
  return ids.graph.add(rowOps.scatterAddRows, [ids, values], { rows })[0];
}
