import { z } from 'zod';
import { SurgeryError } from '../errors';
import { add } from '../ops/binary';
import { conv } from '../ops/conv';
import type { Value } from '../ops/graph';
import { readActivated, type Activated } from './activations';
import { dataFormat, json, padding, positive, sizes, variableSettings, type DataFormat } from './config';
import type { KerasShape, LayerDefinition } from './layer';
import { asFloat, knownSize, only, requireRank } from './shapes';
import { variable } from './variable';
import { inChannelsLast, paddingOf, spatialSizes, windowShape, type Window } from './windows';

/** What every layer that slides kernels over `rank` spatial axes is told. */
export function slidingConfig(rank: number) {
  return z.object({
    kernel_size: sizes(rank),
    strides: sizes(rank).default(new Array<number>(rank).fill(1)),
    padding: padding.default('valid'),
    data_format: dataFormat,
    dilation_rate: sizes(rank).default(new Array<number>(rank).fill(1)),
    activation: json,
    use_bias: z.boolean().default(true),
    ...variableSettings('bias'),
  });
}

/** What a convolution's and a transposed convolution's kernel is made by. */
export const kernelConfig = { filters: positive, ...variableSettings('kernel') };

interface Strided {
  readonly strides: readonly number[];
  readonly dilation_rate: readonly number[];
}

/** Keras refuses both at once, but for depthwise and separable convolutions. */
export function strideOrDilation({ strides, dilation_rate }: Strided): boolean {
  return Math.max(...strides) === 1 || Math.max(...dilation_rate) === 1;
}

export const strideOrDilationRule = 'strides and dilation_rate not both above 1';

function schemaOf(rank: number) {
  const anyPadding = z.string().toLowerCase().pipe(z.enum(rank === 1 ? ['valid', 'same', 'causal'] : ['valid', 'same'])).default('valid');
  return slidingConfig(rank)
    .extend({ ...kernelConfig, padding: anyPadding, groups: positive.default(1) })
    .refine(strideOrDilation, strideOrDilationRule)
    .refine(({ filters, groups }) => filters % groups === 0, 'filters that groups divides');
}

type ConvolutionConfig = Activated<z.output<ReturnType<typeof schemaOf>>>;

/** Cross-correlation of `[batch, ...spatial, channels]` with a kernel `[...window, channels / groups, filters]`. */
export function convolution(className: string, rank: number): LayerDefinition<ConvolutionConfig> {
  const schema = schemaOf(rank);
  return {
    className,
    parse: (config, where) => readActivated(schema, config, where),
    weights: (config, inputs) => {
      const channels = channelsOf(config, only(inputs, className), className);
      const kernel = variable('kernel', [...config.kernel_size, channels / config.groups, config.filters], 'glorot_uniform', config);
      return config.use_bias ? [kernel, variable('bias', [config.filters], 'zeros', config)] : [kernel];
    },
    outputShapes: (config, inputs) => {
      const input = only(inputs, className);
      requireRank(input, rank + 2, className);
      channelsOf(config, input, className);
      return [config.activation.outputShape(windowShape(slidingWindow(config), input, config.data_format, config.filters))];
    },
    call: ({ config, weights }, inputs) => {
      const input = asFloat(only(inputs, className));
      requireRank(input.shape, rank + 2, className);
      const { kernel, bias } = weights;
      if (!kernel) throw new Error(`a ${className} was given no kernel`);
      const y = inChannelsLast(input, config.data_format, (x) => withBias(conv(x, kernel, convAttributes(config, x)), bias));
      return [config.activation.apply(y)];
    },
  };
}

export function withBias(product: Value, bias: Value | undefined): Value {
  return bias ? add(product, bias) : product;
}

type Sliding = Strided & { readonly kernel_size: readonly number[]; readonly padding: Window['padding'] };

export function slidingWindow({ kernel_size: size, strides, dilation_rate: dilation, padding: kind }: Sliding): Window {
  return { size, strides, dilation, padding: kind };
}

/** Attributes of the convolution of a channels-last tensor. */
export function convAttributes(config: Sliding & { readonly groups: number }, x: Value): Parameters<typeof conv>[2] {
  const { strides, dilation_rate: dilation, groups } = config;
  return { strides, padding: paddingOf(slidingWindow(config), spatialSizes(x)), dilation, groups };
}

/** The known size of the channel axis. Throws `shape-mismatch`. */
export function channelCount(format: DataFormat, input: KerasShape, className: string): number {
  return knownSize(input, format === 'channels_first' ? 1 : -1, className);
}

function channelsOf({ data_format, groups }: ConvolutionConfig, input: KerasShape, className: string): number {
  const channels = channelCount(data_format, input, className);
  if (channels % groups === 0) return channels;
  throw new SurgeryError('shape-mismatch', `The groups of a ${className} do not divide its input channels.`, {
    expected: `a multiple of ${groups} channels`,
    received: `${channels} channels`,
  });
}
