import type { ComputeDType, Tensor, TensorData } from '../../core/model/tensor';
import type { NumericTensor } from '../../core/ops/definition';

/** As the reference holds it: a float64 copy. */
export function toNumeric({ shape, data }: Tensor): NumericTensor {
  return { shape, data: Float64Array.from(data) };
}

const arrayOf: Record<ComputeDType, (data: Float64Array) => TensorData> = {
  float32: (data) => Float32Array.from(data),
  int32: (data) => Int32Array.from(data),
  bool: (data) => Uint8Array.from(data),
};

/** As it crosses the engine's border: a rounded copy. */
export function fromNumeric({ shape, data }: NumericTensor, dtype: ComputeDType): Tensor {
  return { dtype, shape, data: arrayOf[dtype](data) };
}
