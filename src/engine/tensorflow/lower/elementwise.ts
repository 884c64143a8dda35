import type { CastAttributes } from '../../../core/ops/cast';
import { sameShape, type Shape } from '../../../core/ops/shape';
import type { EluAttributes } from '../../../core/ops/unary';
import type { Lower, Lowering, LoweringNode } from '../lowering';
import type { GraphOp } from '../opTypes';
import type { Name } from '../graphWriter';

/** An operator that works element by element, with NumPy's broadcasting as TensorFlow has it too. */
export function elementwise(op: GraphOp): Lower {
  return (node, lowering) => [lowering.writer.op(op, operands(node, lowering))];
}

/** Operands of an elementwise node: broadcast ones give way to what they repeat, as long as another has the whole shape. */
function operands({ inputs, outputs }: LoweringNode, lowering: Lowering): Name[] {
  const shape = lowering.shape(outputs[0]);
  const slim = inputs.map((value) => lowering.source(value));
  const whole = slim.some((value) => sameShape(lowering.shape(value), shape));
  return (whole ? slim : inputs).map((value) => lowering.name(value));
}

/** TensorFlow's Elu knows only alpha 1. */
export const elu: Lower<EluAttributes> = (node, lowering) => {
  const { writer } = lowering;
  const x = lowering.name(node.inputs[0]);
  const { alpha } = node.attributes;
  if (alpha === 1) return [writer.op('Elu', [x])];
  const below = writer.op('Mul', [writer.op('Expm1', [x]), writer.float(alpha)]);
  return [writer.op('SelectV2', [writer.op('Greater', [x, writer.float(0)]), x, below])];
};

export const cast: Lower<CastAttributes> = ({ inputs: [x], attributes: { dtype } }, lowering) => [
  lowering.writer.op('Cast', [lowering.name(x)], { DstT: { type: dtype } }),
];

/** A sum with one number for each of the last axis is TensorFlow's BiasAdd, which is faster than broadcasting. */
export const add: Lower = (node, lowering) => {
  const shape = lowering.shape(node.outputs[0]);
  for (const [value, bias] of [node.inputs, [...node.inputs].reverse()]) {
    if (!isBias(lowering.shape(bias), shape) || !sameShape(lowering.shape(value), shape) || lowering.dtype(value) !== 'float32') continue;
    return [lowering.writer.op('BiasAdd', [lowering.name(value), lowering.name(bias)])];
  }
  return elementwise('AddV2')(node, lowering);
};

function isBias(bias: Shape, shape: Shape): boolean {
  return bias.length === 1 && shape.length >= 2 && bias[0] > 0 && bias[0] === shape.at(-1);
}
