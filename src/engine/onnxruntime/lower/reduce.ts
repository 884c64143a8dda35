import type { ArgMaxAttributes, ReduceAttributes } from '../../../core/ops/reduce';
import type { SoftmaxAttributes } from '../../../core/ops/softmax';
import { axisIn, type Layout, moved } from '../layout';
import type { Lower, Lowering } from '../lowering';
import { dtypeNumbers } from '../onnxModel';

/** ReduceSum, ReduceMean, ReduceMax. */
export function reduction(op: string): Lower<ReduceAttributes> {
  return ({ inputs: [x], attributes: { axes, keepDims } }, lowering) => {
    const rank = lowering.shape(x).length;
    const source = reducibleLayout(x, axes, { keepDims, lowering });
    const physical = axes.map((axis) => axisIn(source, axis, rank)).sort((a, b) => a - b);
    const name = lowering.writer.op(op, [lowering.form(x, source), lowering.writer.ints(...physical)], { keepdims: keepDims ? 1 : 0 });
    return [{ name, layout: keepDims ? source : 'last' }];
  };
}

export const argMax: Lower<ArgMaxAttributes> = ({ inputs: [x], attributes: { axis } }, lowering) => {
  const rank = lowering.shape(x).length;
  const source = reducibleLayout(x, [axis], { keepDims: false, lowering });
  const physical = axisIn(source, axis, rank);
  const index = lowering.writer.op('ArgMax', [lowering.form(x, source)], { axis: physical, keepdims: 0, select_last_index: 0 });
  return [{ name: lowering.writer.op('Cast', [index], { to: dtypeNumbers.int32 }), layout: 'last' }];
};

/** The smallest of all, as many as there are, are all in order; equal ones stay in theirs. */
export const argSort: Lower = ({ inputs: [x] }, lowering) => {
  const size = lowering.shape(x).at(-1) ?? 1;
  const { writer } = lowering;
  const [, indices] = writer.ops('TopK', [lowering.form(x, 'last'), writer.ints(size)], { attributes: { axis: -1, largest: 0, sorted: 1 }, outputs: 2 });
  return [{ name: writer.op('Cast', [indices], { to: dtypeNumbers.int32 }), layout: 'last' }];
};

/** Softmax, LogSoftmax. */
export function overAxis(op: string): Lower<SoftmaxAttributes> {
  return ({ inputs: [x], attributes: { axis } }, lowering) => {
    const layout = lowering.layoutOf(x);
    const physical = axisIn(layout, axis, lowering.shape(x).length);
    return [{ name: lowering.writer.op(op, [lowering.form(x, layout)], { axis: physical }), layout }];
  };
}

/** The layout a value lies in, unless the axes that are left would come out in another order than the program's. */
function reducibleLayout(x: number, axes: readonly number[], { keepDims, lowering }: { keepDims: boolean; lowering: Lowering }): Layout {
  const native = lowering.layoutOf(x);
  if (keepDims || native === 'last') return native;
  const order = moved(lowering.shape(x).map((_, axis) => axis)).filter((axis) => !axes.includes(axis));
  return order.every((axis, i) => i === 0 || axis > order[i - 1]) ? 'first' : 'last';
}
