import { z } from 'zod';
import { dataFormat, readConfig } from './config';
import { dropped } from './dropout';
import type { LayerDefinition } from './layer';
import { only, requireRank } from './shapes';

const schema = z.object({ rate: z.number().min(0).max(1), data_format: dataFormat });

type SpatialDropoutConfig = z.output<typeof schema>;

/** Dropout of whole channels over `rank` spatial axes. */
export function spatialDropout(className: string, rank: number): LayerDefinition<SpatialDropoutConfig> {
  return {
    className,
    parse: (config, where) => readConfig(schema, config, where),
    passesMask: true,
    weights: () => [],
    outputShapes: (_config, inputs) => {
      const input = only(inputs, className);
      requireRank(input, rank + 2, className);
      return [input];
    },
    call: ({ config, training, random }, inputs) => {
      const x = only(inputs, className);
      requireRank(x.shape, rank + 2, className);
      const channelAxis = config.data_format === 'channels_first' ? 1 : rank + 1;
      const noise = x.shape.map((size, axis) => (axis === 0 || axis === channelAxis ? size : 1));
      return [training ? dropped(x, config.rate, () => random(noise)) : x];
    },
    trainingDiffers: ({ rate }) => (rate > 0 ? 'it drops at random in training' : undefined),
  };
}
