import { z } from 'zod';
import { SurgeryError } from '../errors';
import type { JsonObject } from '../model/json';
import { positive, readConfig } from './config';
import { encodeColumn, encodedDType, encodedShape } from './encodeCategories';
import { type HostColumn, onlyOnHost, requireTexts } from './hostColumn';
import { encodingOf, type LookupConfig, lookupConfig, tokenFinder, withLearntVocabulary, wrongVocabulary } from './indexLookup';
import type { KerasShape, LayerDefinition } from './layer';
import { only, showKerasShape } from './shapes';

const settings = z.object({
  standardize: z.enum(['lower_and_strip_punctuation', 'lower', 'strip_punctuation']).nullish().transform((how) => how ?? null),
  split: z.enum(['whitespace', 'character']).nullish().transform((how) => how ?? null),
  ngrams: z.union([positive.transform((longest) => Array.from({ length: longest }, (_, index) => index + 1)), z.array(positive)]).nullish().transform((widths) => widths ?? null),
  output_sequence_length: positive.nullish().transform((length) => length ?? null),
  ragged: z.literal(false, 'a dense output').default(false),
});

const schema = lookupConfig(z.string())
  .extend({ ...settings.shape, invert: z.literal(false).default(false) })
  .superRefine((config, context) => {
    const wrong = wrongVocabulary(config);
    if (wrong !== undefined) context.addIssue({ code: 'custom', message: wrong, path: ['vocabulary'] });
    if (config.output_mode === 'one_hot') context.addIssue({ code: 'custom', message: 'an output_mode other than one_hot', path: ['output_mode'] });
  });

type TextVectorizationConfig = LookupConfig<string> & z.output<typeof settings>;

/** What Keras gives the StringLookup inside. */
const lookup = { num_oov_indices: 1, mask_token: '', oov_token: '[UNK]' };

/** Texts as lists of the places of their words in a vocabulary, or as which words they hold and how often. */
export const textVectorizationLayer: LayerDefinition<TextVectorizationConfig> = {
  className: 'TextVectorization',
  limits: 'on what the data holds (inputs, and lookups, bins and hashes of them); no function of the user as `standardize` or `split`, no `one_hot`, ragged or sparse output; without `output_sequence_length` texts are padded to the longest of the data set, where Keras takes that of the batch',
  parse: (config, where) => readConfig(schema, asLookup(config), where),
  withFiles: (layer) => withLearntVocabulary(layer, (line) => line),
  weights: () => [],
  outputShapes: (config, inputs) => [vectorShape(config, only(inputs, 'TextVectorization'))],
  outputDTypes: (config) => [encodedDType(config.output_mode)],
  call: () => {
    throw onlyOnHost('TextVectorization');
  },
  onHost: (config, [column]) => {
    vectorShape(config, [null, ...column.shape]);
    const found = indexColumn(config, column);
    return config.output_mode === 'int' ? padded(found, config.output_sequence_length) : encodeColumn(found, encodingOf(config, 'TextVectorization'));
  },
};

function asLookup(config: JsonObject): JsonObject {
  return { ...config, ...lookup };
}

function vectorShape(config: TextVectorizationConfig, input: KerasShape): KerasShape {
  const one = input.length === 1 || (input.length === 2 && input[1] === 1);
  if (config.split === null ? input.length !== 2 : !one) {
    throw new SurgeryError('shape-mismatch', 'TextVectorization takes one text for each sample, or a list of words where it does not split.', {
      expected: config.split === null ? '[batch, words]' : '[batch] or [batch, 1]', received: showKerasShape(input),
    });
  }
  const [batch = null] = input;
  return config.output_mode === 'int' ? [batch, config.output_sequence_length] : encodedShape([batch, null], encodingOf(config, 'TextVectorization'));
}

/** The indices of one text in rows of any length. */
interface RaggedColumn extends HostColumn {
  /** Of the longest row; computed when it is asked for. */
  readonly longest: () => number;
}

/** Each text is cut into words once. */
function indexColumn(config: TextVectorizationConfig, column: HostColumn): RaggedColumn {
  const words = requireTexts(column, 'TextVectorization');
  const find = tokenFinder(config, 'TextVectorization');
  const inGrams = (tokens: readonly string[]): number[] => (config.ngrams ? gramsOf(tokens, config.ngrams) : tokens).map(find);
  if (config.split === null) {
    const standard = words.map((word) => standardized(word, config));
    const read = (sample: number): number[] => inGrams(Array.from(column.read(sample), (place) => standard[place]));
    const [size] = column.shape;
    return { shape: [size], dtype: 'int32', read, longest: () => (config.ngrams ?? [1]).reduce((sum, width) => sum + Math.max(0, size - width + 1), 0) };
  }
  const known = new Map<number, readonly number[]>();
  const ofPlace = (place: number): readonly number[] => {
    const found = known.get(place) ?? inGrams(tokensOf(standardized(words[place], config), config.split));
    known.set(place, found);
    return found;
  };
  return {
    // Encoding asks for the number of axes alone.
    shape: [1],
    dtype: 'int32',
    read: (sample) => ofPlace(column.read(sample)[0]),
    longest: () => words.reduce((most, _, place) => Math.max(most, ofPlace(place).length), 0),
  };
}

/** As TensorFlow's `strings.lower`, which knows ASCII alone, and Keras' list of punctuation. */
function standardized(text: string, { standardize }: TextVectorizationConfig): string {
  const lower = standardize?.startsWith('lower') ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;
  return standardize?.endsWith('strip_punctuation') ? lower.replace(/[!"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~']/g, '') : lower;
}

/** ASCII's white space alone parts words. */
function tokensOf(text: string, split: TextVectorizationConfig['split']): readonly string[] {
  return split === 'character' ? Array.from(text) : text.split(/[ \t\n\v\f\r]+/).filter((word) => word !== '');
}

/** For each width all runs of so many words, in the order of the widths. */
function gramsOf(tokens: readonly string[], widths: readonly number[]): string[] {
  return widths.flatMap((width) => tokens.slice(width - 1).map((_, start) => tokens.slice(start, start + width).join(' ')));
}

/** Cut off or filled up with zeros. */
function padded(column: RaggedColumn, wanted: number | null): HostColumn {
  const length = wanted ?? Math.max(1, column.longest());
  const row = new Int32Array(length);
  return {
    shape: [length],
    dtype: 'int32',
    read: (sample) => {
      row.fill(0);
      row.set(Array.from(column.read(sample)).slice(0, length));
      return row;
    },
  };
}
