import { z } from 'zod';
import type { Value } from '../ops/graph';
import { dataFormat, readConfig } from './config';
import type { LayerDefinition } from './layer';
import { asFloat, only, requireRank } from './shapes';

const schema = z.object({ data_format: dataFormat, keepdims: z.boolean().nullish().transform((keep) => keep ?? false) });

type GlobalPooling2DConfig = z.output<typeof schema>;

/** A layer that reduces a whole image to one number for each channel. */
export function globalPooling2D(
  className: string,
  reduce: (x: Value, axes: number[], keepDims: boolean) => Value,
): LayerDefinition<GlobalPooling2DConfig> {
  return {
    className,
    parse: (config, where) => readConfig(schema, config, where),
    weights: () => [],
    outputShapes: (config, inputs) => {
      const input = only(inputs, className);
      requireRank(input, 4, className);
      const spatial = spatialAxes(config);
      return [config.keepdims ? input.map((size, axis) => (spatial.includes(axis) ? 1 : size)) : input.filter((_, axis) => !spatial.includes(axis))];
    },
    call: ({ config }, inputs) => {
      const input = asFloat(only(inputs, className));
      requireRank(input.shape, 4, className);
      return [reduce(input, spatialAxes(config), config.keepdims)];
    },
  };
}

function spatialAxes({ data_format }: GlobalPooling2DConfig): number[] {
  return data_format === 'channels_first' ? [2, 3] : [1, 2];
}
