import { z } from 'zod';
import { mul } from '../ops/binary';
import { readConfig } from './config';
import type { LayerDefinition } from './layer';
import { alongAxes, axesConfig, fromFront, sizesOn } from './layerNormalization';
import { overRootMeanSquare } from './moments';
import { asFloat, only } from './shapes';
import { variable } from './variable';

const schema = z.object({ axis: axesConfig.default([-1]), epsilon: z.number().default(1e-6) });

type RMSNormalizationConfig = z.output<typeof schema>;

/** Each sample over the root of its mean square along the axes, times a scale for each place on them. */
export const rmsNormalizationLayer: LayerDefinition<RMSNormalizationConfig> = {
  className: 'RMSNormalization',
  parse: (config, where) => readConfig(schema, config, where),
  weights: (config, inputs) => [variable('scale', sizesOn(config.axis, only(inputs, 'RMSNormalization'), 'RMSNormalization'), 'ones', config)],
  outputShapes: ({ axis }, inputs) => {
    const input = only(inputs, 'RMSNormalization');
    fromFront(axis, input.length);
    return [input];
  },
  call: ({ config, weights }, inputs) => {
    const x = asFloat(only(inputs, 'RMSNormalization'));
    const { scale } = weights;
    if (!scale) throw new Error('an RMSNormalization was given no scale');
    const axes = fromFront(config.axis, x.shape.length);
    return [mul(overRootMeanSquare(x, axes, config.epsilon), alongAxes(scale, axes, x.shape.length))];
  },
};
