import type { JsonObject } from '../model/json';
import { isOperationClass } from '../layers/registry';

/** Operations that are not in `keras.src.ops.numpy`, by the module that has them. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  core: [
    'Cast', 'ConvertToTensor', 'SaturateCast', 'Slice', 'SliceUpdate', 'StopGradient', 'Unstack',
  ],
  einops: [
    'Rearrange',
  ],
  image: [
    'AffineTransform', 'CropImages', 'PerspectiveTransform', 'ExtractPatches', 'GaussianBlur', 'HSVToRGB', 'PadImages', 'RGBToGrayscale', 'RGBToHSV', 'Resize', 'SSIM', 'SobelEdges',
  ],
  linalg: [
    'Det', 'Inv', 'Norm', 'Solve',
  ],
  math: [
    'CDist', 'Erf', 'Erfc', 'Erfinv', 'ExtractSequences', 'FFT', 'FFT2', 'IFFT2', 'IRFFT', 'ISTFT', 'InTopK', 'Logdet', 'Logsumexp', 'RFFT', 'Rsqrt', 'STFT', 'SegmentMax',
    'SegmentMin', 'SegmentSum', 'TopK',
  ],
  nn: [
    'AdaptiveAveragePool', 'AdaptiveMaxPool', 'AveragePool', 'BatchNorm', 'BinaryCrossentropy', 'CategoricalCrossentropy', 'Celu', 'Conv', 'ConvTranspose',
    'DepthToSpace', 'DepthwiseConv', 'DotProductAttention', 'Elu', 'Fold', 'Unfold', 'Gelu', 'Glu', 'HardShrink', 'HardSigmoid', 'HardSilu', 'HardTanh', 'LayerNorm', 'LeakyRelu',
    'LogSigmoid', 'LogSoftmax', 'MaxPool', 'Moments', 'MultiHot', 'Normalize', 'OneHot', 'PSNR', 'RMSNorm', 'Relu', 'Relu6', 'Selu', 'SeparableConv', 'Sigmoid',
    'Silu', 'SoftShrink', 'Softmax', 'Softplus', 'Softsign', 'SpaceToDepth', 'SparseCategoricalCrossentropy', 'SparsePlus', 'SparseSigmoid', 'Sparsemax',
    'Squareplus', 'TanhShrink', 'Threshold',
  ],
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
