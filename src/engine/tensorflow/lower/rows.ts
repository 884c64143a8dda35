import type { ScatterAddRowsAttributes } from '../../../core/ops/rows';
import type { ScatterAddSampleRowsAttributes } from '../../../core/ops/sampleRows';
import type { Lower } from '../lowering';

export const gatherRows: Lower = ({ inputs: [table, ids] }, lowering) => [
  lowering.writer.op('GatherV2', [lowering.name(table), lowering.name(ids), lowering.writer.int(0)]),
];

/** ScatterNd adds where indices repeat: the fastest of the forms that were measured. */
export const scatterAddRows: Lower<ScatterAddRowsAttributes> = ({ inputs: [ids, values], outputs: [out] }, lowering) => {
  const shape = lowering.shape(out);
  // One index without an axis: ScatterNd wants a list of indices and as many rows.
  const alone = lowering.shape(ids).length === 0;
  const places = lowering.reshape(lowering.name(ids), alone ? [1, 1] : [...lowering.shape(ids), 1]);
  const rows = alone ? lowering.reshape(lowering.name(values), [1, ...shape.slice(1)]) : lowering.name(values);
  return [lowering.writer.op('ScatterNd', [places, rows, lowering.dims(shape)])];
};

export const gatherSampleRows: Lower = ({ inputs: [x, ids] }, lowering) => [
  lowering.writer.op('GatherV2', [lowering.name(x), lowering.name(ids), lowering.writer.int(1)], { batch_dims: 1 }),
];

/** Each index with the number of its sample before it. */
export const scatterAddSampleRows: Lower<ScatterAddSampleRowsAttributes> = ({ inputs: [ids, values], outputs: [out] }, lowering) => {
  const { writer } = lowering;
  const [batch] = lowering.shape(ids);
  const samples = writer.op('Range', [writer.int(0), lowering.dim(batch), writer.int(1)]);
  const column = writer.op('Reshape', [samples, writer.ints(-1, 1)]);
  const spread = writer.op('BroadcastTo', [column, lowering.dims(lowering.shape(ids))]);
  const places = writer.op('Pack', [spread, lowering.name(ids)], { axis: 2 });
  return [writer.op('ScatterNd', [places, lowering.name(values), lowering.dims(lowering.shape(out))])];
};
