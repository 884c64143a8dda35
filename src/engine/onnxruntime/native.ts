import type { OnnxRuntime } from './runtime';

/** Loads onnxruntime's native library. Rejects where there is none for this machine. */
export async function loadNativeRuntime(): Promise<OnnxRuntime> {
  const { InferenceSession, Tensor, env } = await import('onnxruntime-node');
  return {
    name: 'onnxruntime',
    version: env.versions.node ?? env.versions.common,
    provider: 'cpu',
    reusesOutputs: true,
    Tensor,
    create: (model, options) => InferenceSession.create(model, options),
  };
}
