import { z } from 'zod';
import { SurgeryError } from '../errors';
import { add } from '../ops/binary';
import { conv } from '../ops/conv';
import { parseActivation, type Activation } from './activations';
import { dataFormat, json, padding, pair, positive, readConfig } from './config';
import type { KerasShape, LayerDefinition } from './layer';
import { asFloat, knownSize, only, requireRank } from './shapes';
import { variable } from './variable';
import { inChannelsLast, paddingOf, spatialSizes, windowShape, type Window } from './windows';

const schema = z
  .object({
    filters: positive,
    kernel_size: pair,
    strides: pair.default([1, 1]),
    padding: padding.default('valid'),
    data_format: dataFormat,
    dilation_rate: pair.default([1, 1]),
    groups: positive.default(1),
    activation: json,
    use_bias: z.boolean().default(true),
    kernel_initializer: json,
    bias_initializer: json,
    kernel_regularizer: json,
    bias_regularizer: json,
    kernel_constraint: json,
    bias_constraint: json,
  })
  .refine(({ strides, dilation_rate }) => Math.max(...strides) === 1 || Math.max(...dilation_rate) === 1, 'strides and dilation_rate not both above 1')
  .refine(({ filters, groups }) => filters % groups === 0, 'filters that groups divides');

type Conv2DConfig = Omit<z.output<typeof schema>, 'activation'> & { readonly activation: Activation };

/** Cross-correlation of `[batch, height, width, channels]` with a kernel `[height, width, channels / groups, filters]`. */
export const conv2DLayer: LayerDefinition<Conv2DConfig> = {
  className: 'Conv2D',
  parse: (config, where) => {
    const read = readConfig(schema, config, where);
    return { ...read, activation: parseActivation(read.activation, where) };
  },
  weights: (config, inputs) => {
    const channels = channelsOf(config, only(inputs, 'Conv2D'));
    const kernel = variable('kernel', [...config.kernel_size, channels / config.groups, config.filters], 'glorot_uniform', config);
    return config.use_bias ? [kernel, variable('bias', [config.filters], 'zeros', config)] : [kernel];
  },
  outputShapes: (config, inputs) => {
    const input = only(inputs, 'Conv2D');
    channelsOf(config, input);
    return [config.activation.outputShape(windowShape(windowOf(config), input, config.data_format, config.filters))];
  },
  call: ({ config, weights }, inputs) => {
    const input = asFloat(only(inputs, 'Conv2D'));
    requireRank(input.shape, 4, 'Conv2D');
    const { kernel, bias } = weights;
    if (!kernel) throw new Error('a Conv2D was given no kernel');
    const y = inChannelsLast(input, config.data_format, (x) => {
      const padded = paddingOf(windowOf(config), spatialSizes(x));
      const { strides, dilation_rate: dilation, groups } = config;
      const product = conv(x, kernel, { strides, padding: padded, dilation, groups });
      return bias ? add(product, bias) : product;
    });
    return [config.activation.apply(y)];
  },
};

function windowOf(config: Conv2DConfig): Window {
  return { size: config.kernel_size, strides: config.strides, dilation: config.dilation_rate, padding: config.padding };
}

function channelsOf({ data_format, groups }: Conv2DConfig, input: KerasShape): number {
  requireRank(input, 4, 'Conv2D');
  const channels = knownSize(input, data_format === 'channels_first' ? 1 : -1, 'Conv2D');
  if (channels % groups === 0) return channels;
  throw new SurgeryError('shape-mismatch', 'The groups of a Conv2D do not divide its input channels.', {
    expected: `a multiple of ${groups} channels`,
    received: `${channels} channels`,
  });
}
