import type { EngineName } from '../../src/core/ports';

/**
 * The engines that the conformance suite judges against `reference`; a new one joins with its name. `MODEL_SURGERY_ENGINES` names
 * others: TensorFlow's library is not of the npm packages, so that its run is a suite of its own.
 */
export const testedEngines: readonly EngineName[] = (process.env.MODEL_SURGERY_ENGINES?.split(',') as EngineName[] | undefined) ?? ['onnxruntime', 'onnxruntime-wasm'];
