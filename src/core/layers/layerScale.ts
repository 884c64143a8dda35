import { z } from 'zod';
import { mul } from '../ops/binary';
import { positive, readConfig } from './config';
import type { LayerDefinition } from './layer';
import { asFloat, only } from './shapes';

const schema = z.object({ init_values: z.number(), projection_dim: positive });

type LayerScaleConfig = z.output<typeof schema>;

/** Of keras.applications' ConvNeXt: each channel times a factor of its own. */
export const layerScaleLayer: LayerDefinition<LayerScaleConfig> = {
  className: 'LayerScale',
  parse: (config, where) => readConfig(schema, config, where),
  weights: ({ init_values: value, projection_dim }) => [
    { name: 'gamma', shape: [projection_dim], initializer: { class_name: 'Constant', config: { value } }, trainable: true },
  ],
  outputShapes: (_config, inputs) => [only(inputs, 'LayerScale')],
  call: ({ weights: { gamma } }, inputs) => {
    if (!gamma) throw new Error('a LayerScale was given no gamma');
    return [mul(asFloat(only(inputs, 'LayerScale')), gamma)];
  },
};
