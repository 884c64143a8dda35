import { z } from 'zod';
import { positive, readConfig } from './config';
import { encodeColumn, encodedDType, encodedModes, encodedShape, type Encoding, notSparse } from './encodeCategories';
import { hashBucket, saltConfig } from './hashBucket';
import { mappedColumn, onlyOnHost } from './hostColumn';
import type { LayerDefinition } from './layer';
import { only } from './shapes';

const schema = z.object({
  num_bins: positive,
  mask_value: z.union([z.string(), z.number()]).nullish().transform((value) => value ?? null),
  salt: saltConfig,
  output_mode: z.union([z.literal('int'), encodedModes]).default('int'),
  sparse: notSparse,
});

type HashingConfig = z.output<typeof schema>;

/** The bin of each text or integer by its hash; bin 0 is kept for the mask value where there is one. */
export const hashingLayer: LayerDefinition<HashingConfig> = {
  className: 'Hashing',
  limits: 'on what the data holds (inputs, and lookups, bins and hashes of them); no sparse output',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: (config, inputs) => [encodedShape(only(inputs, 'Hashing'), encodingOf(config))],
  outputDTypes: (config) => [encodedDType(config.output_mode)],
  call: () => {
    throw onlyOnHost('Hashing');
  },
  onHost: (config, [column]) => {
    const { mask_value: mask } = config;
    const bins = mappedColumn(column, {
      ofText: (text) => (text === mask ? 0 : binOf(config, text)),
      ofNumber: (value) => (value === mask ? 0 : binOf(config, String(Math.trunc(value)))),
    });
    return encodeColumn(bins, encodingOf(config));
  },
};

function binOf({ num_bins: bins, mask_value: mask, salt }: HashingConfig, text: string): number {
  const kept = mask !== null && bins > 1 ? 1 : 0;
  return hashBucket(text, bins - kept, salt) + kept;
}

function encodingOf({ output_mode: mode, num_bins: depth }: HashingConfig): Encoding {
  return { mode, depth, className: 'Hashing' };
}
