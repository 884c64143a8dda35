import { z } from 'zod';
import { SurgeryError } from '../errors';
import { add, div, mul, sub } from '../ops/binary';
import { cast } from '../ops/cast';
import { equal, greater } from '../ops/compare';
import type { Graph, Value } from '../ops/graph';
import { sum } from '../ops/reduce';
import { reshape } from '../ops/reshape';
import { floor } from '../ops/unary';
import { where } from '../ops/where';
import { readConfig, unsupported } from './config';
import { encodeCategories, encodeColumn, encodedDType } from './encodeCategories';
import { type HostColumn, mappedColumn, requireNumbers } from './hostColumn';
import { encodingOf, layoutOf, lookedUpShape, type LookupConfig, lookupConfig, tokenFinder, withLearntVocabulary, wrongVocabulary } from './indexLookup';
import type { LayerDefinition } from './layer';
import { only } from './shapes';

const whole = z.int('whole numbers that are held exactly');

const schema = lookupConfig(whole).superRefine((config, context) => {
  const wrong = wrongVocabulary(config);
  if (wrong !== undefined) context.addIssue({ code: 'custom', message: wrong, path: ['vocabulary'] });
});

type IntegerLookupConfig = LookupConfig<number>;

/** The place of each integer in a vocabulary, after one for the mask token and some for integers that are not in it; or the other way round. */
export const integerLookupLayer: LayerDefinition<IntegerLookupConfig> = {
  className: 'IntegerLookup',
  limits: 'no sparse output; with `farmhash`, or tokens beyond 32 bits, on inputs of the model only',
  parse: (config, place) => readConfig(schema, config, place),
  withFiles: (layer) => withLearntVocabulary(layer, integerOf),
  weights: () => [],
  outputShapes: (config, inputs) => [lookedUpShape(config, only(inputs, 'IntegerLookup'), 'IntegerLookup')],
  outputDTypes: (config) => [encodedDType(config.output_mode)],
  call: ({ config }, inputs) => {
    const x = cast(only(inputs, 'IntegerLookup'), 'int32');
    if (config.invert) return [tokenOf(config, x)];
    return [encodeCategories(cast(lookUp(config, x), 'int32'), encodingOf(config, 'IntegerLookup'))];
  },
  onHost: (config, [column]) => {
    requireNumbers(column, 'IntegerLookup');
    const find = config.invert ? indexFinder(config) : tokenFinder(config, 'IntegerLookup');
    const found = mappedColumn(column, { ofText: () => 0, ofNumber: (value) => find(Math.trunc(value)) });
    return encodeColumn(fitted(found, config), encodingOf(config, 'IntegerLookup'));
  },
};

/** Tokens that do not fit into 32 bits cannot be fed. */
function fitted(column: HostColumn, { invert, vocabulary }: IntegerLookupConfig): HostColumn {
  if (invert && !fits(vocabulary ?? [])) throw unsupported('vocabulary', 'tokens beyond 32 bits', 'IntegerLookup');
  return column;
}

function integerOf(line: string): number | string {
  return /^\s*[-+]?\d+\s*$/.test(line) ? Number(line) : line;
}

function indexFinder(config: IntegerLookupConfig): (index: number) => number {
  const { tokens, first } = layoutOf(config);
  const other = outside(config);
  return (index) => (index === 0 && config.mask_token !== null ? config.mask_token : tokens.at(index < first ? tokens.length : index - first) ?? other);
}

/** What an index without a token gives. */
function outside({ oov_token: token }: IntegerLookupConfig): number {
  if (token === null) throw new SurgeryError('config-invalid', 'An inverted lookup needs an oov_token.', { expected: 'an oov_token', received: 'null' });
  return token;
}

function fits(numbers: readonly number[]): boolean {
  return numbers.every((number) => number >= -(2 ** 31) && number < 2 ** 31);
}

/** As int32: float32 holds no index of a million users exactly. */
function wholeRow(graph: Graph, numbers: readonly number[]): Value {
  if (!fits(numbers)) throw unsupported('vocabulary', 'tokens beyond 32 bits, looked up inside the network', 'IntegerLookup');
  return graph.constant({ dtype: 'int32', shape: [numbers.length], data: Int32Array.from(numbers) });
}

interface Found {
  /** What the key has. */
  readonly value: Value;
  readonly known: Value;
}

/** The value that stands beside each key; values are below 2^24. */
function inTable(x: Value, keys: readonly number[], values: readonly number[]): Found {
  const matches = cast(equal(reshape(x, [...x.shape, 1]), wholeRow(x.graph, keys)), 'float32');
  const value = sum(mul(matches, cast(wholeRow(x.graph, values), 'float32')), [-1]);
  return { value, known: greater(sum(matches, [-1]), 0) };
}

function lookUp(config: IntegerLookupConfig, x: Value): Value {
  const { tokens, first } = layoutOf(config);
  const { value, known } = inTable(x, tokens, tokens.map((_, place) => first + place));
  const found = where(known, value, unknownIndex(config, x));
  return config.mask_token === null ? found : where(equal(x, wholeRow(x.graph, [config.mask_token])), config.output_mode === 'int' ? 0 : -1, found);
}

/** One index for all that are not in the vocabulary, or one of several by the remainder; -1 where there is none. */
function unknownIndex(config: IntegerLookupConfig, x: Value): Value | number {
  const { num_oov_indices: count, oov_method: method } = config;
  const { unknown } = layoutOf(config);
  if (count <= 1) return count === 0 ? -1 : unknown;
  if (method === 'farmhash') throw unsupported('oov_method', 'farmhash inside the network', 'IntegerLookup');
  const number = cast(x, 'float32');
  return add(sub(number, mul(floor(div(number, count)), count)), unknown);
}

/** The tokens of indices. */
function tokenOf(config: IntegerLookupConfig, x: Value): Value {
  const { tokens, first } = layoutOf(config);
  if (tokens.some((token) => Math.abs(token) > 2 ** 24)) throw unsupported('invert', 'tokens beyond 2^24, looked up inside the network', 'IntegerLookup');
  const { value, known } = inTable(x, tokens.map((_, place) => first + place), tokens);
  const found = where(known, value, outside(config));
  return cast(config.mask_token === null ? found : where(equal(x, wholeRow(x.graph, [0])), config.mask_token, found), 'int32');
}
