import type { z } from 'zod';
import { conv } from '../ops/conv';
import type { Value } from '../ops/graph';
import { reshape } from '../ops/reshape';
import { readActivated, type Activated } from './activations';
import { positive, variableSettings } from './config';
import { channelCount, convAttributes, slidingConfig, slidingWindow, withBias } from './convolution';
import type { LayerDefinition } from './layer';
import { asFloat, only, requireRank } from './shapes';
import { variable, variableSetBy } from './variable';
import { inChannelsLast, windowShape } from './windows';

/** What makes the kernel that each channel has for itself. */
export const depthwiseKernelConfig = {
  depth_multiplier: positive.default(1),
  ...variableSettings('depthwise'),
};

const schemaOf = (rank: number) => slidingConfig(rank).extend(depthwiseKernelConfig);

type DepthwiseConfig = Activated<z.output<ReturnType<typeof schemaOf>>>;

/** Each channel of `[batch, ...spatial, channels]` under its own kernels `[...window, channels, depth_multiplier]`. */
export function depthwiseConvolution(className: string, rank: number): LayerDefinition<DepthwiseConfig> {
  const schema = schemaOf(rank);
  return {
    className,
    parse: (config, where) => readActivated(schema, config, where),
    weights: (config, inputs) => {
      const channels = channelCount(config.data_format, only(inputs, className), className);
      const { kernel_size, depth_multiplier } = config;
      const kernel = variableSetBy({ name: 'kernel', settings: 'depthwise' }, [...kernel_size, channels, depth_multiplier], 'glorot_uniform', config);
      return config.use_bias ? [kernel, variable('bias', [channels * depth_multiplier], 'zeros', config)] : [kernel];
    },
    outputShapes: (config, inputs) => {
      const input = only(inputs, className);
      requireRank(input, rank + 2, className);
      const filters = channelCount(config.data_format, input, className) * config.depth_multiplier;
      return [config.activation.outputShape(windowShape(slidingWindow(config), input, config.data_format, filters))];
    },
    call: ({ config, weights }, inputs) => {
      const input = asFloat(only(inputs, className));
      requireRank(input.shape, rank + 2, className);
      const { kernel, bias } = weights;
      if (!kernel) throw new Error(`a ${className} was given no kernel`);
      const y = inChannelsLast(input, config.data_format, (x) => withBias(convolveEachChannel(x, kernel, config), bias));
      return [config.activation.apply(y)];
    },
  };
}

type Sliding = Omit<Parameters<typeof convAttributes>[0], 'groups'>;

/**
 * A channels-last tensor under a depthwise kernel: a convolution in as many groups as channels. Keras orders the results by
 * channel, then by kernel of the channel, and so does a grouped convolution.
 */
export function convolveEachChannel(x: Value, kernel: Value, config: Sliding): Value {
  const [channels, multiplier] = kernel.shape.slice(-2);
  const grouped = reshape(kernel, [...kernel.shape.slice(0, -2), 1, channels * multiplier]);
  return conv(x, grouped, convAttributes({ ...config, groups: channels }, x));
}
