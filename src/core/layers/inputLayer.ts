import { z } from 'zod';
import { readConfig } from './config';
import type { LayerDefinition } from './layer';

const schema = z.object({ batch_shape: z.array(z.int().nonnegative().nullable()).min(1) });

type InputLayerConfig = z.output<typeof schema>;

/** Has no call of its own: the network binds its tensor. */
export const inputLayer: LayerDefinition<InputLayerConfig> = {
  className: 'InputLayer',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: ({ batch_shape }) => [batch_shape],
  call: (_context, inputs) => inputs,
};
