import { z } from 'zod';
import type { Value } from '../ops/graph';
import { dataFormat, readConfig } from './config';
import type { LayerDefinition } from './layer';
import { asFloat, only, requireRank } from './shapes';

const schema = z.object({ data_format: dataFormat, keepdims: z.boolean().nullish().transform((keep) => keep ?? false) });

type GlobalPoolingConfig = z.output<typeof schema>;

type Reduce = (x: Value, axes: number[], keepDims: boolean) => Value;

/** A layer that reduces all of `rank` spatial axes to one number for each channel. */
export function globalPooling(className: string, rank: number, reduce: Reduce): LayerDefinition<GlobalPoolingConfig> {
  const spatialAxes = ({ data_format }: GlobalPoolingConfig): number[] =>
    Array.from({ length: rank }, (_, index) => index + (data_format === 'channels_first' ? 2 : 1));
  return {
    className,
    parse: (config, where) => readConfig(schema, config, where),
    weights: () => [],
    outputShapes: (config, inputs) => {
      const input = only(inputs, className);
      requireRank(input, rank + 2, className);
      const spatial = spatialAxes(config);
      return [config.keepdims ? input.map((size, axis) => (spatial.includes(axis) ? 1 : size)) : input.filter((_, axis) => !spatial.includes(axis))];
    },
    call: ({ config }, inputs) => {
      const input = asFloat(only(inputs, className));
      requireRank(input.shape, rank + 2, className);
      return [reduce(input, spatialAxes(config), config.keepdims)];
    },
  };
}
