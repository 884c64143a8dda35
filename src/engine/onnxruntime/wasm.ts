import type { OnnxRuntime } from './runtime';

/** Loads onnxruntime for WebAssembly, which finds its `.wasm` beside itself in node_modules. One thread, no proxy. */
export async function loadWasmRuntime(): Promise<OnnxRuntime> {
  const { InferenceSession, Tensor, env } = await import('onnxruntime-web');
  env.wasm.numThreads = 1;
  env.wasm.proxy = false;
  return {
    name: 'onnxruntime-wasm',
    version: env.versions.web ?? env.versions.common,
    provider: 'wasm',
    // It copies what is handed in, but not the result back into it.
    reusesOutputs: false,
    Tensor,
    create: (model, options) => InferenceSession.create(model, options),
  };
}
