import { z } from 'zod';
import { reshape } from '../ops/reshape';
import { sizeOfShape } from '../ops/shape';
import { dataFormat, readConfig } from './config';
import type { LayerDefinition } from './layer';
import { only, productOf } from './shapes';
import { transpose } from '../ops/transpose';

const schema = z.object({ data_format: dataFormat });

type FlattenConfig = z.output<typeof schema>;

/** `[batch, …]` to `[batch, product]`; channels first, the channels are moved last before, so that both formats agree. */
export const flattenLayer: LayerDefinition<FlattenConfig> = {
  className: 'Flatten',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: (_config, inputs) => {
    const [batch = null, ...rest] = only(inputs, 'Flatten');
    return [[batch, productOf(rest)]];
  },
  call: ({ config }, inputs) => {
    const x = only(inputs, 'Flatten');
    const axes = x.shape.map((_, axis) => axis);
    const moved = config.data_format === 'channels_first' && axes.length > 2 ? transpose(x, [0, ...axes.slice(2), 1]) : x;
    return [reshape(moved, [...x.shape.slice(0, 1), sizeOfShape(x.shape.slice(1))])];
  },
};
