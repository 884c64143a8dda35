import { SurgeryError } from '../errors';
import type { NumericTensor, OpDefinition } from './definition';
import type { TensorType, Value } from './graph';
import type { OpName } from './registry';
import { sameShape } from './shape';
import { elementCount } from './strides';
import { expectDType, expectWhole, refusal, showTypes } from './typeRules';

export interface ScatterAddSampleRowsAttributes {
  /** Rows of each sample of the result. */
  readonly rows: number;
}

/** Indices are [batch, places], int32. */
function expectIndices(op: OpName, [ids, other]: readonly [ids: TensorType, other: TensorType]): void {
  expectDType(op, [ids], 'int32');
  if (ids.shape.length === 2 && other.shape.length >= 2 && other.shape[0] === ids.shape[0]) return;
  throw refusal(op, 'indices [batch, places] and a tensor [batch, ...] of the same batch', showTypes([ids, other]));
}

function inferGather([x, ids]: readonly TensorType[]): TensorType {
  expectIndices('gatherSampleRows', [ids, x]);
  if (x.shape[1] < 1) throw refusal('gatherSampleRows', 'samples with a fixed number of rows', showTypes([x]));
  return { shape: [...ids.shape, ...x.shape.slice(2)], dtype: x.dtype };
}

function inferScatter([ids, values]: readonly TensorType[], { rows }: ScatterAddSampleRowsAttributes): TensorType {
  expectIndices('scatterAddSampleRows', [ids, values]);
  expectDType('scatterAddSampleRows', [values], 'float32');
  expectWhole('scatterAddSampleRows', 'rows', [rows], 1);
  if (!sameShape(values.shape.slice(0, 2), ids.shape)) {
    throw refusal('scatterAddSampleRows', 'values of shape [batch, places, ...row]', showTypes([ids, values]));
  }
  return { shape: [ids.shape[0], rows, ...values.shape.slice(2)], dtype: 'float32' };
}

interface Rows {
  readonly ids: NumericTensor;
  /** Of each sample. */
  readonly rows: number;
  /** Elements of a row. */
  readonly size: number;
}

/** Visits each index with the offsets of its place and of its row. Throws `data-mismatch` for one that names no row. */
function forEachPlace(op: OpName, { ids, rows, size }: Rows, visit: (place: number, row: number) => void): void {
  const [, places] = ids.shape;
  ids.data.forEach((index, at) => {
    if (index < 0 || index >= rows) {
      throw new SurgeryError('data-mismatch', 'An index names no row of a sample.', { expected: `0 to ${rows - 1}`, received: String(index), where: op });
    }
    visit(at * size, (Math.floor(at / places) * rows + index) * size);
  });
}

function gatherReference(x: NumericTensor, ids: NumericTensor): NumericTensor {
  const row = x.shape.slice(2);
  const size = elementCount(row);
  const data = new Float64Array(ids.data.length * size);
  forEachPlace('gatherSampleRows', { ids, rows: x.shape[1], size }, (place, from) => data.set(x.data.subarray(from, from + size), place));
  return { shape: [...ids.shape, ...row], data };
}

function scatterReference(ids: NumericTensor, values: NumericTensor, rows: number): NumericTensor {
  const row = values.shape.slice(2);
  const size = elementCount(row);
  const data = new Float64Array(ids.shape[0] * rows * size);
  forEachPlace('scatterAddSampleRows', { ids, rows, size }, (place, to) => {
    for (let i = 0; i < size; i++) data[to + i] += values.data[place + i];
  });
  return { shape: [ids.shape[0], rows, ...row], data };
}

interface SampleRowOps {
  readonly gatherSampleRows: OpDefinition;
  readonly scatterAddSampleRows: OpDefinition<ScatterAddSampleRowsAttributes>;
}

/** Each is the transpose of the other. */
export const sampleRowOps: SampleRowOps = {
  gatherSampleRows: {
    name: 'gatherSampleRows',
    infer: (inputs) => [inferGather(inputs)],
    gradient: ({ inputs: [x, ids] }, [dy], [wanted]) => [dy && wanted ? scatterAddSampleRows(ids, dy, x.shape[1]) : undefined, undefined],
    reference: ([x, ids]) => [gatherReference(x, ids)],
  },
  scatterAddSampleRows: {
    name: 'scatterAddSampleRows',
    infer: (inputs, attributes) => [inferScatter(inputs, attributes)],
    gradient: ({ inputs: [ids] }, [dy], [, wanted]) => [undefined, dy && wanted ? gatherSampleRows(dy, ids) : undefined],
    reference: ([ids, values], { rows }) => [scatterReference(ids, values, rows)],
  },
};

/**
 * Rows of each sample by indices of its own: x [batch, rows, ...row], int32 indices [batch, places] -> [batch, places, ...row].
 * What an index outside the rows gives is not defined: the reference throws `data-mismatch`, an engine may fail.
 */
export function gatherSampleRows(x: Value, ids: Value): Value {
  return x.graph.add(sampleRowOps.gatherSampleRows, [x, ids], {})[0];
}

/** Adds each value to the row of its sample that its index names: [batch, places], [batch, places, ...row] -> [batch, rows, ...row]. */
function scatterAddSampleRows(ids: Value, values: Value, rows: number): Value {
  return ids.graph.add(sampleRowOps.scatterAddSampleRows, [ids, values], { rows })[0];
}
