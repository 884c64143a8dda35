import type { MatmulAttributes } from '../../../core/ops/matmul';
import type { Name } from '../graphWriter';
import type { Lower, Lowering, LoweringNode } from '../lowering';

/** Gemm for matrices, (Fused)MatMul where there are leading axes. */
export const matmul: Lower<MatmulAttributes> = (node, lowering) => [{ name: multiply(node, lowering), layout: 'last' }];

/** The product of a matmul node. What is `added` must broadcast to it; that only for matrices. */
export function multiply({ inputs, attributes: { transposeA, transposeB } }: LoweringNode<MatmulAttributes>, lowering: Lowering, added?: Name): Name {
  const { writer } = lowering;
  const names = inputs.map((value) => lowering.last(value));
  const flags = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
  if (isMatrixProduct(inputs, lowering)) return writer.op('Gemm', added === undefined ? names : [...names, added], flags);
  return transposeA || transposeB ? writer.op('FusedMatMul', names, flags) : writer.op('MatMul', names);
}

/** `from` less `scale` times the product of a matmul node of matrices: one pass over the result, as a plain SGD step wants it. */
export function subtractProduct({ inputs: [a, b], attributes: { transposeA, transposeB } }: LoweringNode<MatmulAttributes>, lowering: Lowering, { from, scale }: { from: number; scale: number }): Name {
  const { writer } = lowering;
  const factor = writer.op('Neg', [lowering.last(scale)]);
  // One operand carries the factor; in a gradient the right one is the slope [batch, units].
  const scaled = writer.op('Mul', [lowering.last(b), factor]);
  return writer.op('Gemm', [lowering.last(a), scaled, lowering.last(from)], { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 });
}

export function isMatrixProduct(inputs: readonly number[], lowering: Lowering): boolean {
  return inputs.every((value) => lowering.shape(value).length === 2);
}
