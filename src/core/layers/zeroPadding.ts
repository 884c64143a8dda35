import { z } from 'zod';
import { pad } from '../ops/pad';
import { dataFormat, readConfig } from './config';
import type { LayerDefinition } from './layer';
import { only, requireRank } from './shapes';
import { onAllAxes, sides } from './sides';

const schemaOf = (rank: number) => z.object({ padding: sides(rank).default(new Array<[number, number]>(rank).fill([1, 1])), data_format: dataFormat });

type ZeroPaddingConfig = z.output<ReturnType<typeof schemaOf>>;

/** Zeros before and after each of `rank` spatial axes. */
export function zeroPadding(className: string, rank: number): LayerDefinition<ZeroPaddingConfig> {
  const schema = schemaOf(rank);
  return {
    className,
    parse: (config, where) => readConfig(schema, config, where),
    weights: () => [],
    outputShapes: ({ padding, data_format }, inputs) => {
      const input = only(inputs, className);
      requireRank(input, rank + 2, className);
      const around = onAllAxes(padding, data_format);
      return [input.map((length, axis) => (length === null ? null : length + (around[axis]?.[0] ?? 0) + (around[axis]?.[1] ?? 0)))];
    },
    call: ({ config }, inputs) => {
      const x = only(inputs, className);
      requireRank(x.shape, rank + 2, className);
      return [pad(x, onAllAxes(config.padding, config.data_format))];
    },
  };
}
