import { z } from 'zod';
import { positive, readConfig } from './config';
import { encodeCategories, encodedModes, encodedShape, notSparse } from './encodeCategories';
import type { LayerDefinition } from './layer';
import { only } from './shapes';

const schema = z.object({ num_tokens: positive, output_mode: encodedModes.default('multi_hot'), sparse: notSparse });

type CategoryEncodingConfig = z.output<typeof schema>;

/** Indices as rows of zeros and ones, or of counts. */
export const categoryEncodingLayer: LayerDefinition<CategoryEncodingConfig> = {
  className: 'CategoryEncoding',
  limits: 'no `count_weights` or sparse output',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: (config, inputs) => [encodedShape(only(inputs, 'CategoryEncoding'), encoding(config))],
  call: ({ config }, inputs) => [encodeCategories(only(inputs, 'CategoryEncoding'), encoding(config))],
};

function encoding({ num_tokens: depth, output_mode: mode }: CategoryEncodingConfig) {
  return { mode, depth, className: 'CategoryEncoding' };
}
