import type { TensorData } from '../../core/model/tensor';

/** A tensor that libtensorflow holds, as the binding tells of it. */
export interface TensorInfo {
  readonly id: number;
  readonly shape: readonly number[];
}

/** What is used here of tfjs-node's native module. Names are lists joined by commas. */
export interface Binding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
  /** Copies the elements or keeps the array, as they lie in memory. `dtype` is TensorFlow's number for it. */
  createTensor(shape: readonly number[], dtype: number, data: TensorData): number;
  deleteTensor(id: number): void;
  /** A copy of the elements. */
  tensorDataSync(id: number): TensorData;
  loadSavedModel(folder: string, tag: string): number;
  deleteSavedModel(model: number): void;
  runSavedModel(model: number, inputs: readonly number[], inputNames: string, outputNames: string): readonly TensorInfo[];
}
