import type { JsonObject } from '../model/json';
import { isOperationClass } from '../layers/registry';

/** Operations that are not in `keras.src.ops.numpy`, by the module that has them. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  nn: [
    'Relu', 'Relu6', 'Sigmoid', 'SparseSigmoid', 'Softplus', 'Softsign', 'SoftShrink', 'SparsePlus', 'Silu', 'Squareplus', 'LogSigmoid', 'LeakyRelu', 'HardSigmoid', 'HardSilu',
    'Elu', 'Selu', 'Gelu', 'Celu', 'Glu', 'TanhShrink', 'HardTanh', 'HardShrink', 'Threshold', 'Sparsemax', 'Softmax', 'LogSoftmax', 'OneHot', 'Normalize', 'LayerNorm',
    'RMSNorm', 'Moments', 'DepthToSpace', 'SpaceToDepth', 'AveragePool', 'MaxPool', 'BatchNorm', 'DotProductAttention',
  ],
  math: ['Rsqrt', 'Erf', 'Logsumexp'],
  image: ['Resize', 'RGBToGrayscale'],
  core: ['Slice', 'Unstack', 'Cast', 'ConvertToTensor', 'StopGradient'],
  linalg: ['Norm'],
};

/**
 * The module of an operation that an `.h5` of Keras 3 names by its class alone; undefined for a layer. Operations of masks stand
 * in every model that has some. A layer's config has its flag, an operation's has not.
 */
export function operationModule(className: string, config: JsonObject): string | undefined {
  if ('trainable' in config || 'layers' in config || !isOperationClass(className)) return undefined;
  const module = Object.keys(elsewhere).find((name) => elsewhere[name].includes(className)) ?? 'numpy';
  return `keras.src.ops.${module}`;
}
