import type { z } from 'zod';
import { convInputGrad } from '../ops/conv';
import { samePadding, type Padding } from '../ops/padding';
import type { Value } from '../ops/graph';
import { readActivated, type Activated } from './activations';
import { sizesOrZeros } from './config';
import { channelCount, kernelConfig, slidingConfig, strideOrDilation, strideOrDilationRule, withBias } from './convolution';
import type { KerasShape, LayerDefinition } from './layer';
import { asFloat, only, requireRank } from './shapes';
import { variable } from './variable';
import { inChannelsLast, spatialSizes } from './windows';

const schemaOf = (rank: number) =>
  slidingConfig(rank)
    .extend({ ...kernelConfig, output_padding: sizesOrZeros(rank).nullish().transform((sizes) => sizes ?? null) })
    .refine(strideOrDilation, strideOrDilationRule)
    .refine(({ output_padding, strides }) => output_padding?.every((extra, axis) => extra < (strides[axis] ?? 1)) ?? true, 'output_padding below strides');

type TransposeConfig = Activated<z.output<ReturnType<typeof schemaOf>>>;

/**
 * The gradient of a convolution by its input, as a layer: `[batch, ...spatial, channels]` and a kernel
 * `[...window, filters, channels]`. Sizes by Keras' `compute_conv_transpose_output_shape`, the rest as TensorFlow has it.
 */
export function convolutionTranspose(className: string, rank: number): LayerDefinition<TransposeConfig> {
  const schema = schemaOf(rank);
  return {
    className,
    parse: (config, where) => readActivated(schema, config, where),
    weights: (config, inputs) => {
      const channels = channelCount(config.data_format, only(inputs, className), className);
      const kernel = variable('kernel', [...config.kernel_size, config.filters, channels], 'glorot_uniform', config);
      return config.use_bias ? [kernel, variable('bias', [config.filters], 'zeros', config)] : [kernel];
    },
    outputShapes: (config, inputs) => {
      const input = only(inputs, className);
      requireRank(input, rank + 2, className);
      channelCount(config.data_format, input, className);
      return [config.activation.outputShape(transposedShape(config, input))];
    },
    call: ({ config, weights }, inputs) => {
      const input = asFloat(only(inputs, className));
      requireRank(input.shape, rank + 2, className);
      const { kernel, bias } = weights;
      if (!kernel) throw new Error(`a ${className} was given no kernel`);
      const y = inChannelsLast(input, config.data_format, (x) => withBias(transposed(config, x, kernel), bias));
      return [config.activation.apply(y)];
    },
  };
}

function transposed(config: TransposeConfig, x: Value, kernel: Value): Value {
  const sizes = spatialSizes(x).map((size, axis) => outputSize(config, size, axis));
  const { strides, dilation_rate: dilation, filters } = config;
  const padding = sizes.map((size, axis) => paddingOf(config, size, axis));
  return convInputGrad(x, kernel, { strides, padding, dilation, groups: 1, inputShape: [x.shape[0] ?? 1, ...sizes, filters] });
}

/** Of the convolution that goes from the larger tensor to the smaller one. */
function paddingOf({ padding, kernel_size, strides, dilation_rate }: TransposeConfig, size: number, axis: number): Padding {
  return padding === 'valid' ? [0, 0] : samePadding(size, kernel_size[axis] ?? 1, strides[axis] ?? 1, dilation_rate[axis] ?? 1);
}

/** With s the stride and k the window with its dilation: `valid` (size - 1) s + max(k, s), `same` size s; `output_padding` sets it apart. */
function outputSize(config: TransposeConfig, size: number, axis: number): number {
  const stride = config.strides[axis] ?? 1;
  const reach = ((config.kernel_size[axis] ?? 1) - 1) * (config.dilation_rate[axis] ?? 1) + 1;
  const extra = config.output_padding?.[axis];
  if (config.padding === 'valid') return (size - 1) * stride + reach + (extra ?? Math.max(reach, stride) - reach);
  return extra === undefined ? size * stride : (size - 1) * stride + (reach % 2) + extra;
}

function transposedShape(config: TransposeConfig, input: KerasShape): KerasShape {
  const first = config.data_format === 'channels_first';
  const spatial = first ? input.slice(2) : input.slice(1, -1);
  const sizes = spatial.map((size, axis) => (size === null ? null : outputSize(config, size, axis)));
  const batch = input[0] ?? null;
  return first ? [batch, config.filters, ...sizes] : [batch, ...sizes, config.filters];
}
