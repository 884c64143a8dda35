import { z } from 'zod';
import { pad } from '../ops/pad';
import { dataFormat, readConfig } from './config';
import type { LayerDefinition } from './layer';
import { only, requireRank } from './shapes';

const size = z.int().nonnegative();
const sides = z.union([size.transform((n): [number, number] => [n, n]), z.tuple([size, size])]);
const schema = z.object({
  padding: z.union([size.transform((n): [number, number][] => [[n, n], [n, n]]), z.array(sides).length(2)]).default([[1, 1], [1, 1]]),
  data_format: dataFormat,
});

type ZeroPadding2DConfig = z.output<typeof schema>;

/** Zeros above, below, left and right of each image. */
export const zeroPadding2DLayer: LayerDefinition<ZeroPadding2DConfig> = {
  className: 'ZeroPadding2D',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: (config, inputs) => {
    const input = only(inputs, 'ZeroPadding2D');
    requireRank(input, 4, 'ZeroPadding2D');
    const around = onAllAxes(config);
    return [input.map((length, axis) => (length === null ? null : length + (around[axis]?.[0] ?? 0) + (around[axis]?.[1] ?? 0)))];
  },
  call: ({ config }, inputs) => {
    const x = only(inputs, 'ZeroPadding2D');
    requireRank(x.shape, 4, 'ZeroPadding2D');
    return [pad(x, onAllAxes(config))];
  },
};

function onAllAxes({ padding, data_format }: ZeroPadding2DConfig): [number, number][] {
  return data_format === 'channels_first' ? [[0, 0], [0, 0], ...padding] : [[0, 0], ...padding, [0, 0]];
}
