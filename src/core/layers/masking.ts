import { z } from 'zod';
import { cast } from '../ops/cast';
import { equal } from '../ops/compare';
import type { Value } from '../ops/graph';
import { max } from '../ops/reduce';
import { where } from '../ops/where';
import { readConfig } from './config';
import type { LayerDefinition } from './layer';
import { besideFeatures, not } from './masks';
import { only } from './shapes';

const schema = z.object({ mask_value: z.number().default(0) });

type MaskingConfig = z.output<typeof schema>;

/** Steps whose features all equal a value do not count, and become zeros. */
export const maskingLayer: LayerDefinition<MaskingConfig> = {
  className: 'Masking',
  parse: (config, place) => readConfig(schema, config, place),
  weights: () => [],
  outputShapes: (_config, inputs) => [only(inputs, 'Masking')],
  call: ({ config }, inputs) => {
    const x = only(inputs, 'Masking');
    return [where(besideFeatures(countingSteps(x, config)), x, 0)];
  },
  outputMasks: ({ config }, inputs) => [countingSteps(only(inputs, 'Masking'), config)],
  makesMask: () => true,
};

function countingSteps(x: Value, { mask_value: value }: MaskingConfig): Value {
  return cast(max(cast(not(equal(x, value)), 'float32'), [x.shape.length - 1]), 'bool');
}
