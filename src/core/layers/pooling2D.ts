import { z } from 'zod';
import type { Value } from '../ops/graph';
import type { PoolAttributes } from '../ops/pool';
import { dataFormat, padding, pair, readConfig } from './config';
import type { LayerDefinition } from './layer';
import { asFloat, only, requireRank } from './shapes';
import { inChannelsLast, paddingOf, spatialSizes, windowShape, type Window } from './windows';

const schema = z
  .object({ pool_size: pair.default([2, 2]), strides: pair.nullish(), padding: padding.default('valid'), data_format: dataFormat })
  .transform(({ strides, ...config }) => ({ ...config, strides: strides ?? config.pool_size }));

type Pooling2DConfig = z.output<typeof schema>;

/** A layer that reduces each window of the image to one number for each channel. */
export function pooling2D(className: string, pool: (x: Value, attributes: PoolAttributes) => Value): LayerDefinition<Pooling2DConfig> {
  return {
    className,
    parse: (config, where) => readConfig(schema, config, where),
    weights: () => [],
    outputShapes: (config, inputs) => {
      const input = only(inputs, className);
      requireRank(input, 4, className);
      const channels = input[config.data_format === 'channels_first' ? 1 : 3] ?? null;
      return [windowShape(windowOf(config), input, config.data_format, channels)];
    },
    call: ({ config }, inputs) => {
      const input = asFloat(only(inputs, className));
      requireRank(input.shape, 4, className);
      const { pool_size: size, strides } = config;
      return [inChannelsLast(input, config.data_format, (x) => pool(x, { size, strides, padding: paddingOf(windowOf(config), spatialSizes(x)) }))];
    },
  };
}

function windowOf(config: Pooling2DConfig): Window {
  return { size: config.pool_size, strides: config.strides, dilation: [1, 1], padding: config.padding };
}
