import type { ScatterAddRowsAttributes } from '../../../core/ops/rows';
import { type Lower, type Lowering, type LoweringNode, reshapeDims } from '../lowering';
import { dtypeNumbers } from '../onnxModel';
import type { Name } from '../graphWriter';
import { dimList } from './shaping';

export const gatherRows: Lower = ({ inputs: [table, ids] }, lowering) => [
  { name: lowering.writer.op('Gather', [lowering.last(table), lowering.last(ids)], { axis: 0 }), layout: 'last' },
];

/** ScatterND that adds, into zeros: the fastest of the forms that were measured. */
export const scatterAddRows: Lower<ScatterAddRowsAttributes> = ({ inputs: [ids, values], outputs }, lowering) => {
  const { writer } = lowering;
  const zeros = writer.op('ConstantOfShape', [dimList(lowering.shape(outputs[0]), lowering)]);
  return [{ name: addRows(ids, lowering.last(values), { lowering, into: zeros }), layout: 'last' }];
};

/** `into` [rows, ...row] plus the values at the rows that their indices name. */
function addRows(ids: number, values: Name, { lowering, into }: { lowering: Lowering; into: Name }): Name {
  const { writer } = lowering;
  const column = writer.reshape(lowering.last(ids), [...reshapeDims(lowering.shape(ids)), 1]);
  const places = writer.op('Cast', [column], { to: dtypeNumbers.int64 });
  return writer.op('ScatterND', [into, places, values], { reduction: 'add' });
}

/** `from` less `scale` times the rows of a scatterAddRows: a step of plain SGD on a table touches no other row. */
export function subtractRows({ inputs: [ids, values] }: Pick<LoweringNode, 'inputs'>, lowering: Lowering, { from, scale }: { from: number; scale: number }): Name {
  const { writer } = lowering;
  const scaled = writer.op('Mul', [lowering.last(values), writer.op('Neg', [lowering.last(scale)])]);
  return addRows(ids, scaled, { lowering, into: lowering.last(from) });
}
