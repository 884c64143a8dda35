import type { z } from 'zod';
import { conv } from '../ops/conv';
import type { Value } from '../ops/graph';
import { readActivated, type Activated } from './activations';
import { positive, variableSettings } from './config';
import { channelCount, slidingConfig, slidingWindow, withBias } from './convolution';
import { convolveEachChannel, depthwiseKernelConfig } from './depthwiseConvolution';
import type { LayerDefinition } from './layer';
import { asFloat, only, requireRank } from './shapes';
import { variable, variableSetBy } from './variable';
import { inChannelsLast, windowShape } from './windows';

const schemaOf = (rank: number) =>
  slidingConfig(rank).extend({ ...depthwiseKernelConfig, filters: positive, ...variableSettings('pointwise') });

type SeparableConfig = Activated<z.output<ReturnType<typeof schemaOf>>>;

/** A depthwise convolution, then one of window 1 that mixes the channels; one bias and activation after both. */
export function separableConvolution(className: string, rank: number): LayerDefinition<SeparableConfig> {
  const schema = schemaOf(rank);
  return {
    className,
    parse: (config, where) => readActivated(schema, config, where),
    weights: (config, inputs) => {
      const channels = channelCount(config.data_format, only(inputs, className), className);
      const { kernel_size, depth_multiplier, filters } = config;
      const ones = new Array<number>(rank).fill(1);
      return [
        variableSetBy({ name: 'depthwise_kernel', settings: 'depthwise' }, [...kernel_size, channels, depth_multiplier], 'glorot_uniform', config),
        variableSetBy({ name: 'pointwise_kernel', settings: 'pointwise' }, [...ones, channels * depth_multiplier, filters], 'glorot_uniform', config),
        ...(config.use_bias ? [variable('bias', [filters], 'zeros', config)] : []),
      ];
    },
    outputShapes: (config, inputs) => {
      const input = only(inputs, className);
      requireRank(input, rank + 2, className);
      channelCount(config.data_format, input, className);
      return [config.activation.outputShape(windowShape(slidingWindow(config), input, config.data_format, config.filters))];
    },
    call: ({ config, weights }, inputs) => {
      const input = asFloat(only(inputs, className));
      requireRank(input.shape, rank + 2, className);
      const { depthwise_kernel: depthwise, pointwise_kernel: pointwise, bias } = weights;
      if (!depthwise || !pointwise) throw new Error(`a ${className} was given no kernels`);
      const y = inChannelsLast(input, config.data_format, (x) => withBias(mixChannels(convolveEachChannel(x, depthwise, config), pointwise), bias));
      return [config.activation.apply(y)];
    },
  };
}

function mixChannels(x: Value, kernel: Value): Value {
  const each = <T>(entry: T): T[] => new Array<T>(x.shape.length - 2).fill(entry);
  return conv(x, kernel, { strides: each(1), padding: each([0, 0] as const), dilation: each(1), groups: 1 });
}
