import { z } from 'zod';
import { SurgeryError } from '../errors';
import type { JsonObject } from '../model/json';
import type { Layer } from '../model/model';
import { decodeNumbers } from '../weights/decode';
import { positive } from './config';
import { type Encoding, encodedShape, notSparse, weighedModes } from './encodeCategories';
import { hashBucket, saltConfig } from './hashBucket';
import type { KerasShape } from './layer';

type Token = string | number;

/** Settings of Keras' IndexLookup, which IntegerLookup and StringLookup are; `token` is what stands in a vocabulary. */
export function lookupConfig<T extends Token>(token: z.ZodType<T>) {
  const special = token.nullish().transform((given) => given ?? null);
  return z.object({
    vocabulary: z.array(token, 'a vocabulary in the config or in the assets of the file, never a path').min(1).nullish().transform((tokens) => tokens ?? null),
    idf_weights: z.array(z.number()).nullish().transform((weights) => weights ?? null),
    vocabulary_size: positive.nullish().transform((size) => size ?? null),
    num_oov_indices: z.int().nonnegative().default(1),
    mask_token: special,
    oov_token: special,
    max_tokens: positive.nullish().transform((count) => count ?? null),
    output_mode: z.union([z.literal('int'), weighedModes]).default('int'),
    pad_to_max_tokens: z.boolean().default(false),
    oov_method: z.enum(['floormod', 'farmhash']).default('floormod'),
    salt: saltConfig,
    invert: z.boolean().default(false),
    sparse: notSparse,
  });
}

export interface LookupConfig<T extends Token> extends z.output<ReturnType<typeof lookupConfig>> {
  readonly vocabulary: T[] | null;
  readonly mask_token: T | null;
  readonly oov_token: T | null;
}

/** What Keras refuses of a vocabulary: a token that stands there twice, or a mask token among the others. Undefined where all is well. */
export function wrongVocabulary<T extends Token>(config: LookupConfig<T>): string | undefined {
  if (!config.vocabulary) return undefined;
  const { tokens } = layoutOf(config);
  if (new Set(tokens).size !== tokens.length) return 'a vocabulary in which each token stands once';
  if (config.mask_token !== null && tokens.includes(config.mask_token)) return 'a vocabulary with its mask token in front of all others, or without it';
  if (config.invert && config.output_mode !== 'int') return 'output_mode int where invert is true';
  return undefined;
}

/** The config of a lookup with what the file keeps beside it: a vocabulary that `adapt` learnt, and its weights in documents. */
export function withLearntVocabulary(layer: Layer, toToken: (line: string) => Token): JsonObject {
  if ((layer.config['vocabulary'] ?? null) !== null) return layer.config;
  const learnt = learntVocabulary(layer)?.map(toToken);
  const weights = storedWeights(layer);
  // Behind the vocabulary stand the zeros up to `max_tokens`, which Keras itself adds to what a config says.
  return { ...layer.config, ...(learnt ? { vocabulary: learnt } : {}), ...(weights ? { idf_weights: weights.slice(0, learnt?.length) } : {}) };
}

function learntVocabulary({ assets = {} }: Layer): readonly string[] | undefined {
  return Object.hasOwn(assets, 'vocabulary.txt') ? linesOf(new TextDecoder('utf-8').decode(assets['vocabulary.txt'])) : undefined;
}

function storedWeights({ keptWeights = [] }: Layer): readonly number[] | undefined {
  const stored = keptWeights.find(({ path }) => path === 'vars/idf_weights')?.tensor;
  return stored && Array.from(decodeNumbers({ name: 'idf_weights', ...stored }));
}

/** Python's `splitlines`, by which Keras reads a vocabulary; empty lines at its end are none. */
function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

interface Layout<T extends Token> {
  /** Without the special ones that may stand in front. */
  readonly tokens: readonly T[];
  /** Index of the first of them. */
  readonly first: number;
  /** Index of the first token that stands for those that are not in the vocabulary. */
  readonly unknown: number;
  /** The special tokens stand in the vocabulary. */
  readonly stated: boolean;
}

export function layoutOf<T extends Token>(config: LookupConfig<T>): Layout<T> {
  const { mask_token: mask, oov_token: oov, num_oov_indices: count, output_mode: mode } = config;
  const vocabulary = vocabularyOf(config);
  const masks = mask !== null && mode === 'int' ? [mask] : [];
  const special = [...masks, ...new Array<T | null>(count).fill(oov)];
  const stated = special.every((token, index) => vocabulary[index] === token);
  return { tokens: stated ? vocabulary.slice(special.length) : vocabulary, first: special.length, unknown: masks.length, stated };
}

function vocabularyOf<T extends Token>({ vocabulary }: LookupConfig<T>): readonly T[] {
  if (vocabulary) return vocabulary;
  throw new SurgeryError('unsupported', 'A lookup has no vocabulary: the file keeps none, as an .h5 of a layer that was adapted.', {
    expected: 'a vocabulary in the config, or in the assets of a .keras file', received: 'none',
  });
}

/** How the indices are written. */
export function encodingOf<T extends Token>(config: LookupConfig<T>, className: string): Encoding {
  const { output_mode: mode } = config;
  if (mode === 'int') return { mode, depth: 0, className };
  const depth = depthOf(config);
  return { mode, depth, className, ...(mode === 'tf_idf' ? { weights: documentWeights(config, depth) } : {}) };
}

function depthOf<T extends Token>(config: LookupConfig<T>): number {
  if (config.pad_to_max_tokens && config.max_tokens !== null) return config.max_tokens;
  if (!config.vocabulary && config.vocabulary_size !== null) return config.vocabulary_size;
  const { tokens, first } = layoutOf(config);
  return first + tokens.length;
}

/** Keras' weights of a vocabulary without its special tokens are filled up: in front with their mean, behind with zeros. */
function documentWeights<T extends Token>(config: LookupConfig<T>, depth: number): Float32Array {
  const filled = filledInFront(config);
  const fits = config.pad_to_max_tokens ? filled.length > 0 && filled.length <= depth : filled.length === depth;
  if (!fits) throw new SurgeryError('config-invalid', 'A lookup in the mode tf_idf has not one weight for each token.', { expected: `${depth} idf_weights`, received: String(filled.length) });
  const full = new Float32Array(depth);
  full.set(filled);
  return full;
}

function filledInFront<T extends Token>(config: LookupConfig<T>): readonly number[] {
  const given = config.idf_weights ?? [];
  const { stated, first } = layoutOf(config);
  return !stated && given.length === config.vocabulary?.length ? [...new Array<number>(first).fill(mean(given)), ...given] : given;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

export function lookedUpShape<T extends Token>(config: LookupConfig<T>, input: KerasShape, className: string): KerasShape {
  const { output_mode: mode } = config;
  return encodedShape(input, { mode, depth: mode === 'int' ? 0 : depthOf(config), className });
}

/** Stands for a masked token where indices are encoded: it counts nowhere. */
const nowhere = -1;

/** The index of each token, as Keras' table and what it does with tokens that are not in it. */
export function tokenFinder<T extends Token>(config: LookupConfig<T>, className: string): (token: T) => number {
  const { tokens, first, unknown } = layoutOf(config);
  const places = new Map(tokens.map((token, place) => [token, first + place]));
  if (config.mask_token !== null) places.set(config.mask_token, config.output_mode === 'int' ? 0 : nowhere);
  const { num_oov_indices: count } = config;
  return (token) => places.get(token) ?? (count === 1 ? unknown : unknown + bucketOf(config, token, className));
}

/** Which of several indices stands for a token that is not in the vocabulary. */
function bucketOf<T extends Token>({ num_oov_indices: count, oov_method: method, salt }: LookupConfig<T>, token: T, className: string): number {
  if (count === 0) {
    throw new SurgeryError('data-mismatch', `The data holds what is not in the vocabulary of ${className}, whose num_oov_indices is 0.`, { expected: 'tokens of the vocabulary', received: JSON.stringify(token) });
  }
  if (typeof token === 'number' && method === 'floormod') return ((token % count) + count) % count;
  return hashBucket(String(token), count, salt);
}
