import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-node';
import type { EngineName } from '../../core/ports';

/** One of onnxruntime's two packages: they share an interface and differ in what they can do. */
export interface OnnxRuntime {
  readonly name: EngineName & ('onnxruntime' | 'onnxruntime-wasm');
  readonly version: string;
  /** `cpu` or `wasm`; named always, as the packages find each other's when both are loaded. */
  readonly provider: 'cpu' | 'wasm';
  /** Whether results can be written into tensors that are handed in. */
  readonly reusesOutputs: boolean;
  readonly Tensor: TensorConstructor;
  create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
}

export type RuntimeTensor = OrtTensor;
export type Session = InferenceSession;
