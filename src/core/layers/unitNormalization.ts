import { z } from 'zod';
import { readConfig } from './config';
import type { LayerDefinition } from './layer';
import { axesConfig, fromFront } from './layerNormalization';
import { unitLength } from './moments';
import { asFloat, only } from './shapes';

const schema = z.object({ axis: axesConfig.default([-1]) });

type UnitNormalizationConfig = z.output<typeof schema>;

const EPSILON = 1e-12;

/** Of Euclidean length 1 along the axes. */
export const unitNormalizationLayer: LayerDefinition<UnitNormalizationConfig> = {
  className: 'UnitNormalization',
  parse: (config, where) => readConfig(schema, config, where),
  passesMask: true,
  weights: () => [],
  outputShapes: ({ axis }, inputs) => {
    const input = only(inputs, 'UnitNormalization');
    fromFront(axis, input.length);
    return [input];
  },
  call: ({ config }, inputs) => {
    const x = asFloat(only(inputs, 'UnitNormalization'));
    return [unitLength(x, fromFront(config.axis, x.shape.length), EPSILON)];
  },
};
