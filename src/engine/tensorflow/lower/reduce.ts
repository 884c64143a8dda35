import type { ArgMaxAttributes, ReduceAttributes } from '../../../core/ops/reduce';
import type { SoftmaxAttributes } from '../../../core/ops/softmax';
import type { Lower } from '../lowering';

/** Mean, Max. */
export function reduction(op: 'Sum' | 'Mean' | 'Max'): Lower<ReduceAttributes> {
  return ({ inputs: [x], attributes: { axes, keepDims } }, lowering) => [
    lowering.writer.op(op, [lowering.name(x), lowering.writer.ints(...axes)], { keep_dims: keepDims }),
  ];
}

/** Over all axes but the last it is BiasAddGrad, which is faster. */
export const sum: Lower<ReduceAttributes> = (node, lowering) => {
  const { inputs: [x], attributes: { axes, keepDims } } = node;
  const rank = lowering.shape(x).length;
  const bias = !keepDims && rank >= 2 && axes.length === rank - 1 && !axes.includes(rank - 1);
  return bias ? [lowering.writer.op('BiasAddGrad', [lowering.name(x)])] : reduction('Sum')(node, lowering);
};

export const argMax: Lower<ArgMaxAttributes> = ({ inputs: [x], attributes: { axis } }, lowering) => [
  lowering.writer.op('ArgMax', [lowering.name(x), lowering.writer.int(axis)], { output_type: { type: 'int32' } }),
];

/** The largest of the negative ones, as many as there are, are all in order; equal ones stay in theirs. */
export const argSort: Lower = ({ inputs: [x] }, lowering) => {
  const { writer } = lowering;
  const size = lowering.shape(x).at(-1) ?? 1;
  return [writer.ops('TopKV2', [writer.op('Neg', [lowering.name(x)]), writer.int(size)], { sorted: true })[1]];
};

/** Softmax, LogSoftmax: TensorFlow's work on the last axis. */
export function overAxis(op: 'Softmax' | 'LogSoftmax'): Lower<SoftmaxAttributes> {
  return ({ inputs: [x], attributes: { axis } }, lowering) => {
    const { writer } = lowering;
    const order = lowering.shape(x).map((_, own) => own);
    if (axis === order.length - 1) return [writer.op(op, [lowering.name(x)])];
    // Exchanging two axes is its own inverse.
    [order[axis], order[order.length - 1]] = [order[order.length - 1], order[axis]];
    const exchange = writer.ints(...order);
    return [writer.op('Transpose', [writer.op(op, [writer.op('Transpose', [lowering.name(x), exchange])]), exchange])];
  };
}
