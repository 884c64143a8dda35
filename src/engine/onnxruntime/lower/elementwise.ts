import type { CastAttributes } from '../../../core/ops/cast';
import type { EluAttributes } from '../../../core/ops/unary';
import type { Shape } from '../../../core/ops/shape';
import { sameShape } from '../../../core/ops/shape';
import type { Name } from '../graphWriter';
import { isTrivialMove, type Layout } from '../layout';
import type { Lower, Lowering, LoweringNode } from '../lowering';
import { dtypeNumbers, type OnnxAttributes } from '../onnxModel';
import { reshapeDims } from '../lowering';

/** An operator that works element by element, with NumPy's broadcasting as ONNX has it too. */
export function elementwise<A extends object = object>(op: string, attributes: (node: LoweringNode<A>) => OnnxAttributes = () => ({})): Lower<A> {
  return (node, lowering) => {
    const { names, layout } = alignOperands(node, lowering);
    return [{ name: lowering.writer.op(op, names, attributes(node)), layout }];
  };
}

export const elu: Lower<EluAttributes> = elementwise<EluAttributes>('Elu', ({ attributes }) => ({ alpha: { float: attributes.alpha } }));

export const cast: Lower<CastAttributes> = elementwise<CastAttributes>('Cast', ({ attributes }) => ({ to: dtypeNumbers[attributes.dtype] }));

/**
 * log(1 + x) without its rounding of 1 + x: log(u) x / (u - 1) with u = 1 + x (Kahan), x itself where u is 1. Far from 0
 * the factor is 1, which also keeps infinities.
 */
export const log1p: Lower = (node, lowering) => {
  const { writer } = lowering;
  const { names: [x], layout } = alignOperands(node, lowering);
  const one = writer.float(1);
  const shifted = writer.op('Add', [x, one]);
  const rounded = writer.op('Sub', [shifted, one]);
  const near = writer.op('Less', [writer.op('Abs', [x]), one]);
  const factor = writer.op('Where', [near, writer.op('Div', [x, rounded]), one]);
  const value = writer.op('Mul', [writer.op('Log', [shifted]), factor]);
  const vanished = writer.op('Equal', [rounded, writer.float(0)]);
  return [{ name: writer.op('Where', [vanished, x, value]), layout }];
};

/** The operands in one layout, each in a shape that broadcasts in it. */
function alignOperands({ inputs, outputs }: LoweringNode, lowering: Lowering): { names: Name[]; layout: Layout } {
  const shape = lowering.shape(outputs[0]);
  const slim = withoutBroadcasts(inputs, shape, lowering);
  const layout = cheapestLayout(slim, shape, lowering);
  return { names: slim.map((value) => operandIn(layout, value, { rank: shape.length, lowering })), layout };
}

/** Broadcast operands give way to what they repeat, as long as another operand has the whole shape. */
function withoutBroadcasts(inputs: readonly number[], shape: Shape, lowering: Lowering): readonly number[] {
  const slim = inputs.map((value) => lowering.source(value));
  return slim.some((value) => sameShape(lowering.shape(value), shape)) ? slim : inputs;
}

/** The layout in which fewest operands of the whole shape must be transposed; at ties channels first, if one lies so. */
export function cheapestLayout(inputs: readonly number[], shape: Shape, lowering: Lowering): Layout {
  if (shape.length < 3) return 'last';
  const whole = inputs.filter((value) => lowering.shape(value).length === shape.length && !isTrivialMove(lowering.shape(value)));
  const missing = (layout: Layout): number => whole.filter((value) => !lowering.has(value, layout)).length;
  const [first, last] = [missing('first'), missing('last')];
  if (first !== last) return first < last ? 'first' : 'last';
  return inputs.some((value) => lowering.shape(value).length === shape.length && lowering.layoutOf(value) === 'first') ? 'first' : 'last';
}

function operandIn(layout: Layout, value: number, { rank, lowering }: { rank: number; lowering: Lowering }): Name {
  const shape = lowering.shape(value);
  if (layout === 'last' || shape.length === rank) return lowering.form(value, layout);
  if (shape.every((dim) => dim === 1)) return lowering.last(value);
  // [..., channels] of lower rank: padded with ones in front, then [channels, ...].
  const padded = [...new Array<number>(rank - 1 - shape.length).fill(1), ...shape];
  const target = [padded[rank - 2], ...padded.slice(0, -1)];
  const name = lowering.last(value);
  if (padded.slice(0, -1).every((dim) => dim === 1)) return lowering.writer.reshape(name, reshapeDims(target));
  const order = padded.map((_, axis) => (axis === 0 ? rank - 2 : axis - 1));
  return lowering.writer.transpose(lowering.writer.reshape(name, reshapeDims(padded)), order);
}
