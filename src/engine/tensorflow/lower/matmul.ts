import type { MatmulAttributes } from '../../../core/ops/matmul';
import type { Lower } from '../lowering';

/** MatMul for matrices and for rows with leading axes times one matrix, else BatchMatMulV2. */
export const matmul: Lower<MatmulAttributes> = ({ inputs: [a, b], outputs: [out], attributes: { transposeA, transposeB } }, lowering) => {
  const { writer } = lowering;
  const [left, right] = [lowering.shape(a), lowering.shape(b)];
  const names = [lowering.name(a), lowering.name(b)];
  const flags = { transpose_a: transposeA, transpose_b: transposeB };
  if (left.length === 2 && right.length === 2) return [writer.op('MatMul', names, flags)];
  if (right.length === 2 && !transposeA) {
    const rows = lowering.reshape(names[0], [-1, left[left.length - 1]]);
    return [lowering.reshape(writer.op('MatMul', [rows, names[1]], flags), lowering.shape(out))];
  }
  return [writer.op('BatchMatMulV2', names, { adj_x: transposeA, adj_y: transposeB })];
};
