import type { ScatterAddSampleRowsAttributes } from '../../../core/ops/sampleRows';
import type { Lower } from '../lowering';
import { dtypeNumbers } from '../onnxModel';
import { dimList } from './shaping';

/** GatherND with the batch as a batch axis takes one index for each place. */
export const gatherSampleRows: Lower = ({ inputs: [x, ids] }, lowering) => {
  const { writer } = lowering;
  const column = writer.op('Unsqueeze', [writer.op('Cast', [lowering.last(ids)], { to: dtypeNumbers.int64 }), writer.ints(2)]);
  return [{ name: writer.op('GatherND', [lowering.last(x), column], { batch_dims: 1 }), layout: 'last' }];
};

/** ScatterElements along the rows, each index repeated over its row. */
export const scatterAddSampleRows: Lower<ScatterAddSampleRowsAttributes> = ({ inputs: [ids, values], outputs }, lowering) => {
  const { writer } = lowering;
  const [shape, row] = [lowering.shape(outputs[0]), lowering.shape(values).slice(2)];
  const zeros = writer.op('ConstantOfShape', [dimList(shape, lowering)]);
  const whole = writer.op('Cast', [lowering.last(ids)], { to: dtypeNumbers.int64 });
  const column = writer.op('Unsqueeze', [whole, writer.ints(...row.map((_, axis) => axis + 2))]);
  const spread = row.length === 0 ? whole : writer.op('Expand', [column, dimList(lowering.shape(values), lowering)]);
  return [{ name: writer.op('ScatterElements', [zeros, spread, lowering.last(values)], { axis: 1, reduction: 'add' }), layout: 'last' }];
};
