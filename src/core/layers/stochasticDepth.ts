import { z } from 'zod';
import { mul } from '../ops/binary';
import { greaterEqual } from '../ops/compare';
import { where } from '../ops/where';
import { readConfig } from './config';
import type { LayerDefinition } from './layer';
import { asFloat, only } from './shapes';

const schema = z.object({ drop_path_rate: z.number().min(0).lt(1) });

type StochasticDepthConfig = z.output<typeof schema>;

/** Of keras.applications' ConvNeXt: in training whole samples are dropped, the others divided by the share that is kept. */
export const stochasticDepthLayer: LayerDefinition<StochasticDepthConfig> = {
  className: 'StochasticDepth',
  parse: (config, place) => readConfig(schema, config, place),
  weights: () => [],
  outputShapes: (_config, inputs) => [only(inputs, 'StochasticDepth')],
  call: ({ config: { drop_path_rate: rate }, training, random }, inputs) => {
    const x = only(inputs, 'StochasticDepth');
    if (!training || rate === 0) return [x];
    const drawn = random([...x.shape.slice(0, 1), ...x.shape.slice(1).map(() => 1)]);
    // Keras keeps where floor(1 - rate + u) is 1.
    return [where(greaterEqual(drawn, rate), mul(asFloat(x), 1 / (1 - rate)), 0)];
  },
  trainingDiffers: ({ drop_path_rate: rate }) => (rate > 0 ? 'it drops samples at random in training' : undefined),
};
