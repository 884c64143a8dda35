import type { MatmulAttributes } from '../../../core/ops/matmul';
import type { OpName } from '../../../core/ops/registry';
import { sameShape } from '../../../core/ops/shape';
import type { EluAttributes } from '../../../core/ops/unary';
import type { Lower, Lowering, LoweringNode } from '../lowering';
import type { Name } from '../graphWriter';
import type { GraphOp } from '../opTypes';
import { elementwise } from './elementwise';

/** An activation whose gradient TensorFlow computes by one operator, and the factor of the incoming gradient as `core/ops/unary` writes it. */
interface Slope {
  readonly op: GraphOp;
  /** The activation's output, where `factor` is the slope of this activation. */
  readonly outputOf: (factor: LoweringNode, lowering: Lowering) => number | undefined;
}

/** By the operation that makes the factor. What the operator replaces is read by nobody then, and TensorFlow leaves it out. */
const slopes: Readonly<Partial<Record<OpName, readonly Slope[]>>> = {
  // where(x at least 0, …, y + shift)
  where: [
    { op: 'SeluGrad', outputOf: (factor, lowering) => exponentialUnit(factor, lowering, 'selu') },
    { op: 'EluGrad', outputOf: (factor, lowering) => exponentialUnit(factor, lowering, 'elu') },
  ],
  // 1 - y * y
  sub: [{ op: 'TanhGrad', outputOf: ({ inputs: [one, square] }, lowering) => (lowering.splat(lowering.source(one)) === 1 ? squared(square, lowering, 'tanh') : undefined) }],
  // y * (1 - y)
  mul: [{ op: 'SigmoidGrad', outputOf: ({ inputs: [y, rest] }, lowering) => (isRest(rest, y, lowering) && made(y, lowering, 'sigmoid') ? y : undefined) }],
};

/** A gradient times the slope of an activation is TensorFlow's gradient of that activation. */
export const mul: Lower = (node, lowering) => {
  const [dy, by] = node.inputs;
  const factor = lowering.producer(by);
  for (const { op, outputOf } of (factor && slopes[factor.op]) ?? []) {
    const y = outputOf(factor as LoweringNode, lowering);
    if (y !== undefined && sameShape(lowering.shape(y), lowering.shape(dy))) return [gradient(op, { y, dy }, lowering)];
  }
  return scaledProduct(node, lowering) ?? elementwise('Mul')(node, lowering);
};

/**
 * A number times a product over the batch, which nobody else reads: a gradient of weights times a rate. Of its operands the slope
 * [batch, units] is the small one, and is scaled in its place.
 */
function scaledProduct({ inputs }: LoweringNode, lowering: Lowering): Name[] | undefined {
  for (const [value, scale] of [inputs, [...inputs].reverse()]) {
    const product = lowering.shape(scale).length === 0 && lowering.useCount(value) === 1 ? made(value, lowering, 'matmul') : undefined;
    if (!product || lowering.shape(value).length !== 2) continue;
    const { inputs: [a, b], attributes: { transposeA, transposeB } } = product as LoweringNode<MatmulAttributes>;
    if (!transposeA || transposeB || lowering.shape(a)[0] >= 0 || !lowering.holds(b)) continue;
    const scaled = lowering.writer.op('Mul', [lowering.name(b), lowering.name(scale)]);
    return [lowering.writer.op('MatMul', [lowering.name(a), scaled], { transpose_a: true, transpose_b: false })];
  }
  return undefined;
}

/** minimum(6, relu(x)) is TensorFlow's relu6; what else the smaller of two is stays itself. */
export const minimum: Lower = (node, lowering) => {
  const [limit, r] = node.inputs;
  const unit = lowering.splat(lowering.source(limit)) === 6 ? made(r, lowering, 'relu') : undefined;
  return unit ? [relu6(unit, lowering)] : elementwise('Minimum')(node, lowering);
};

function relu6({ inputs: [x] }: LoweringNode, lowering: Lowering): Name {
  return lowering.writer.op('Relu6', [lowering.name(x)]);
}

/** where(relu(x) above 0, dy, 0) is TensorFlow's gradient of relu; of where(relu(x) at least 6, 0, dy) it is that of relu6. */
export const where: Lower = (node, lowering) => {
  const [condition, dy, otherwise] = node.inputs;
  const test = lowering.producer(condition);
  if (test?.op === 'greater' && isZero(test.inputs[1], lowering) && isZero(otherwise, lowering)) {
    const [y] = test.inputs;
    const capped = slopeOfCapped(dy, y, lowering);
    if (capped !== undefined) return [capped];
    if (made(y, lowering, 'relu') && lowering.dtype(dy) === 'float32' && sameShape(lowering.shape(y), lowering.shape(dy))) return [gradient('ReluGrad', { y, dy }, lowering)];
  }
  return elementwise('SelectV2')(node, lowering);
};

/** The gradient of minimum(6, relu(x)) by x, where `value` is that by `r`, which is relu(x). */
function slopeOfCapped(value: number, r: number, lowering: Lowering): Name | undefined {
  const unit = made(r, lowering, 'relu');
  const choice = made(value, lowering, 'where');
  if (!unit || !choice) return undefined;
  const [above, zero, dy] = choice.inputs;
  const test = made(above, lowering, 'greaterEqual');
  const isCap = test !== undefined && test.inputs[0] === r && lowering.splat(lowering.source(test.inputs[1])) === 6;
  if (!isCap || !isZero(zero, lowering) || !sameShape(lowering.shape(dy), lowering.shape(r))) return undefined;
  return lowering.writer.op('Relu6Grad', [lowering.name(dy), relu6(unit, lowering)]);
}

function gradient(op: GraphOp, { y, dy }: { readonly y: number; readonly dy: number }, lowering: Lowering): string {
  const names = [lowering.name(y), lowering.name(dy)];
  // Two of them take the output first, the others the gradient.
  return lowering.writer.op(op, op === 'TanhGrad' || op === 'SigmoidGrad' ? names : names.reverse());
}

function made(value: number, lowering: Lowering, op: OpName): LoweringNode | undefined {
  const producer = lowering.producer(value);
  return producer?.op === op ? (producer) : undefined;
}

function isZero(value: number, lowering: Lowering): boolean {
  return lowering.splat(lowering.source(value)) === 0;
}

function squared(square: number, lowering: Lowering, op: OpName): number | undefined {
  const product = made(square, lowering, 'mul');
  return product && product.inputs[0] === product.inputs[1] && made(product.inputs[0], lowering, op) ? product.inputs[0] : undefined;
}

function isRest(value: number, y: number, lowering: Lowering): boolean {
  const difference = made(value, lowering, 'sub');
  return difference !== undefined && difference.inputs[1] === y && lowering.splat(lowering.source(difference.inputs[0])) === 1;
}

/** Only these operations write a selection between a number and `y + number`, `y` their own output, by the sign of their input. */
function exponentialUnit({ inputs: [above, positive, below] }: LoweringNode, lowering: Lowering, op: 'elu' | 'selu'): number | undefined {
  const shifted = made(below, lowering, 'add');
  const unit = shifted && made(shifted.inputs[0], lowering, op);
  // TensorFlow's Elu knows only alpha 1.
  if (!unit || (op === 'elu' && (unit.attributes as EluAttributes).alpha !== 1)) return undefined;
  const numbers = [positive, shifted.inputs[1]].every((value) => lowering.splat(lowering.source(value)) !== undefined);
  const test = made(above, lowering, op === 'selu' ? 'greaterEqual' : 'greater');
  const bySign = test !== undefined && test.inputs[0] === unit.inputs[0] && isZero(test.inputs[1], lowering);
  return numbers && bySign ? shifted.inputs[0] : undefined;
}
