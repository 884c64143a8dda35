import { z } from 'zod';
import { positive, readConfig } from './config';
import { encodeColumn, encodedModes, encodedShape, type Encoding, notSparse } from './encodeCategories';
import { hashBucket, saltConfig } from './hashBucket';
import { mappedColumn, onlyOnHost } from './hostColumn';
import { lookedUpDType } from './indexLookup';
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
  outputShapes: (config, inputs) => {
    const encoding = encodingOf(config);
    return [encoding ? encodedShape(only(inputs, 'Hashing'), encoding) : only(inputs, 'Hashing')];
  },
  outputDTypes: (config) => [lookedUpDType(config)],
  call: () => {
    throw onlyOnHost('Hashing');
  },
  onHost: (config, [column]) => {
    const { mask_value: mask } = config;
    const bins = mappedColumn(column, {
      ofText: (text) => (text === mask ? 0 : binOf(config, text)),
      ofNumber: (value) => (value === mask ? 0 : binOf(config, String(Math.trunc(value)))),
    });
    const encoding = encodingOf(config);
    return encoding ? encodeColumn(bins, encoding) : bins;
  },
};

function binOf({ num_bins: bins, mask_value: mask, salt }: HashingConfig, text: string): number {
  const kept = mask !== null && bins > 1 ? 1 : 0;
  return hashBucket(text, bins - kept, salt) + kept;
}

function encodingOf({ output_mode: mode, num_bins: depth }: HashingConfig): Encoding | undefined {
  return mode === 'int' ? undefined : { mode, depth, className: 'Hashing' };
}
