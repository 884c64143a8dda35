import { z } from 'zod';
import { readConfig } from './config';
import { encodeColumn, encodedDType } from './encodeCategories';
import { mappedColumn, onlyOnHost, requireTexts } from './hostColumn';
import { encodingOf, lookedUpShape, type LookupConfig, lookupConfig, tokenFinder, withLearntVocabulary, wrongVocabulary } from './indexLookup';
import type { LayerDefinition } from './layer';
import { only } from './shapes';

const schema = lookupConfig(z.string())
  .extend({ invert: z.literal(false, 'indices of texts: a tensor holds no texts').default(false) })
  .superRefine((config, context) => {
    const wrong = wrongVocabulary(config);
    if (wrong !== undefined) context.addIssue({ code: 'custom', message: wrong, path: ['vocabulary'] });
  });

/** The place of each text in a vocabulary, after one for the mask token and some for texts that are not in it. */
export const stringLookupLayer: LayerDefinition<LookupConfig<string>> = {
  className: 'StringLookup',
  limits: 'on what the data holds (inputs, and lookups, bins and hashes of them); no `invert` or sparse output',
  parse: (config, place) => readConfig(schema, config, place),
  withFiles: (layer) => withLearntVocabulary(layer, (line) => line),
  weights: () => [],
  outputShapes: (config, inputs) => [lookedUpShape(config, only(inputs, 'StringLookup'), 'StringLookup')],
  outputDTypes: (config) => [encodedDType(config.output_mode)],
  call: () => {
    throw onlyOnHost('StringLookup');
  },
  onHost: (config, [column]) => {
    requireTexts(column, 'StringLookup');
    const found = mappedColumn(column, { ofText: tokenFinder(config, 'StringLookup'), ofNumber: () => 0 });
    return encodeColumn(found, encodingOf(config, 'StringLookup'));
  },
};
