import type { MatmulAttributes } from '../../../core/ops/matmul';
import type { Name } from '../graphWriter';
import type { Lower, Lowering, LoweringNode } from '../lowering';

/** Gemm for matrices, (Fused)MatMul where there are leading axes. */
export const matmul: Lower<MatmulAttributes> = (node, lowering) => [{ name: multiply(node, lowering), layout: 'last' }];

/** The product of a matmul node, plus a bias per column where one is given; that only for matrices. */
export function multiply({ inputs, attributes: { transposeA, transposeB } }: LoweringNode<MatmulAttributes>, lowering: Lowering, bias?: Name): Name {
  const { writer } = lowering;
  const names = inputs.map((value) => lowering.last(value));
  const flags = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
  if (isMatrixProduct(inputs, lowering)) return writer.op('Gemm', bias === undefined ? names : [...names, bias], flags);
  return transposeA || transposeB ? writer.op('FusedMatMul', names, flags) : writer.op('MatMul', names);
}

export function isMatrixProduct(inputs: readonly number[], lowering: Lowering): boolean {
  return inputs.every((value) => lowering.shape(value).length === 2);
}
