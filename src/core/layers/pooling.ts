import { z } from 'zod';
import type { Value } from '../ops/graph';
import type { PoolAttributes } from '../ops/pool';
import { dataFormat, padding, readConfig, sizes } from './config';
import type { LayerDefinition } from './layer';
import { asFloat, only, requireRank } from './shapes';
import { inChannelsLast, paddingOf, spatialSizes, windowShape, type Window } from './windows';

const schemaOf = (rank: number) =>
  z
    .object({
      pool_size: sizes(rank).default(new Array<number>(rank).fill(2)),
      strides: sizes(rank).nullish(),
      padding: padding.default('valid'),
      data_format: dataFormat,
    })
    .transform(({ strides, ...config }) => ({ ...config, strides: strides ?? config.pool_size }));

type PoolingConfig = z.output<ReturnType<typeof schemaOf>>;

type Pool = (x: Value, attributes: PoolAttributes) => Value;

/** A layer that reduces each window over `rank` spatial axes to one number for each channel. */
export function pooling(className: string, rank: number, pool: Pool): LayerDefinition<PoolingConfig> {
  const schema = schemaOf(rank);
  return {
    className,
    parse: (config, where) => readConfig(schema, config, where),
    weights: () => [],
    outputShapes: (config, inputs) => {
      const input = only(inputs, className);
      requireRank(input, rank + 2, className);
      const channels = input[config.data_format === 'channels_first' ? 1 : rank + 1] ?? null;
      return [windowShape(windowOf(config), input, config.data_format, channels)];
    },
    call: ({ config }, inputs) => {
      const input = asFloat(only(inputs, className));
      requireRank(input.shape, rank + 2, className);
      const { pool_size: size, strides } = config;
      return [inChannelsLast(input, config.data_format, (x) => pool(x, { size, strides, padding: paddingOf(windowOf(config), spatialSizes(x)) }))];
    },
  };
}

function windowOf(config: PoolingConfig): Window {
  return { size: config.pool_size, strides: config.strides, dilation: config.pool_size.map(() => 1), padding: config.padding };
}
