/** Element types that a weight or a data file may be stored in. */
export type StoredDType =
  | 'float32' | 'float64' | 'float16' | 'bfloat16'
  | 'int8' | 'int16' | 'int32' | 'int64'
  | 'uint8' | 'uint16' | 'uint32' | 'uint64'
  | 'bool';

/** Element types that a step program computes in. `bool` is stored as 0 and 1 in bytes. */
export type ComputeDType = 'float32' | 'int32' | 'bool';

export type TensorData = Float32Array | Int32Array | Uint8Array;

/** A whole tensor in memory, row-major ("C order"). `data.length` is the product of `shape`. */
export interface Tensor {
  readonly dtype: ComputeDType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** A float32 tensor. */
export function floatTensor(shape: readonly number[], data: Float32Array): Tensor {
  return { dtype: 'float32', shape, data };
}

/** The number that every element of a tensor is; undefined where there is not one. */
export function onlyNumber(data: TensorData): number | undefined {
  if (data.length === 0) return undefined;
  return data.every((element: number) => element === data[0]) ? data[0] : undefined;
}
