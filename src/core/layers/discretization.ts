import { z } from 'zod';
import { cast } from '../ops/cast';
import { greaterEqual } from '../ops/compare';
import { sum } from '../ops/reduce';
import { reshape } from '../ops/reshape';
import { readConfig } from './config';
import { encodeCategories, encodeColumn, encodedDType, encodedModes, encodedShape, type Encoding, notSparse } from './encodeCategories';
import { mappedColumn, requireNumbers } from './hostColumn';
import type { LayerDefinition } from './layer';
import { constantRow } from './resize';
import { asFloat, only } from './shapes';

const schema = z.object({
  bin_boundaries: z.array(z.number(), 'bin_boundaries: from the config, or learnt by `adapt` before saving'),
  output_mode: z.union([z.literal('int'), encodedModes]).default('int'),
  sparse: notSparse,
});

type DiscretizationConfig = z.output<typeof schema>;

/** The number of boundaries that a value has reached: its bin, as an integer or encoded. */
export const discretizationLayer: LayerDefinition<DiscretizationConfig> = {
  className: 'Discretization',
  limits: 'with its boundaries in the config (`adapt` puts them there); no sparse output',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: (config, inputs) => [encodedShape(only(inputs, 'Discretization'), encodingOf(config))],
  outputDTypes: (config) => [encodedDType(config.output_mode)],
  call: ({ config }, inputs) => {
    const x = asFloat(only(inputs, 'Discretization'));
    const reached = greaterEqual(reshape(x, [...x.shape, 1]), constantRow(x.graph, config.bin_boundaries));
    const bins = cast(sum(cast(reached, 'float32'), [-1]), 'int32');
    return [encodeCategories(bins, encodingOf(config))];
  },
  onHost: (config, [column]) => {
    requireNumbers(column, 'Discretization');
    const boundaries = Float32Array.from(config.bin_boundaries);
    const bins = mappedColumn(column, { ofText: () => 0, ofNumber: (value) => boundaries.reduce((count, boundary) => count + Number(value >= boundary), 0) });
    return encodeColumn(bins, encodingOf(config));
  },
};

function encodingOf({ output_mode: mode, bin_boundaries }: DiscretizationConfig): Encoding {
  return { mode, depth: bin_boundaries.length + 1, className: 'Discretization' };
}
