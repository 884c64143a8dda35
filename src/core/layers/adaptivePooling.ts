import { z } from 'zod';
import { concat } from '../ops/concat';
import type { Value } from '../ops/graph';
import type { PoolAttributes } from '../ops/pool';
import { slice } from '../ops/slice';
import { dataFormat, readConfig, sizes } from './config';
import type { LayerDefinition } from './layer';
import { asFloat, only, requireRank } from './shapes';
import { inChannelsLast } from './windows';

const schemaOf = (rank: number) => z.object({ output_size: sizes(rank), data_format: dataFormat });

type AdaptiveConfig = z.output<ReturnType<typeof schemaOf>>;

type Pool = (x: Value, attributes: PoolAttributes) => Value;

/** A layer that pools each spatial axis to a size that it is told, with windows that follow from the size of the input. */
export function adaptivePooling(className: string, rank: number, pool: Pool): LayerDefinition<AdaptiveConfig> {
  const schema = schemaOf(rank);
  return {
    className,
    parse: (config, where) => readConfig(schema, config, where),
    weights: () => [],
    outputShapes: ({ output_size, data_format }, inputs) => {
      const input = only(inputs, className);
      requireRank(input, rank + 2, className);
      const [batch = null] = input;
      return [data_format === 'channels_first' ? [batch, input[1] ?? null, ...output_size] : [batch, ...output_size, input.at(-1) ?? null]];
    },
    call: ({ config }, inputs) => {
      const input = asFloat(only(inputs, className));
      requireRank(input.shape, rank + 2, className);
      return [inChannelsLast(input, config.data_format, (x) => config.output_size.reduce((y, size, axis) => poolAxis(y, { axis: axis + 1, size, pool }), x))];
    },
  };
}

/** Place i of n looks at floor(i L / n) to before ceil((i + 1) L / n), as Keras has it: one axis after the other. */
function poolAxis(x: Value, { axis, size, pool }: { readonly axis: number; readonly size: number; readonly pool: Pool }): Value {
  const length = x.shape[axis] ?? 1;
  if (length % size === 0) return poolBy(x, axis, length / size, pool);
  const places = Array.from({ length: size }, (_, place) => {
    const [start, end] = [Math.floor((place * length) / size), Math.ceil(((place + 1) * length) / size)];
    return poolBy(slice(x, axis, start, end), axis, end - start, pool);
  });
  return concat(places, axis);
}

function poolBy(x: Value, axis: number, window: number, pool: Pool): Value {
  if (window === 1) return x;
  const size = x.shape.slice(1, -1).map((_, index) => (index + 1 === axis ? window : 1));
  return pool(x, { size, strides: size, padding: size.map(() => [0, 0] as const) });
}
