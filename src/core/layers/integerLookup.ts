import { z } from 'zod';
import { add, div, mul, sub } from '../ops/binary';
import { cast } from '../ops/cast';
import { equal, greater } from '../ops/compare';
import type { Value } from '../ops/graph';
import { sum } from '../ops/reduce';
import { reshape } from '../ops/reshape';
import { floor } from '../ops/unary';
import { where } from '../ops/where';
import { positive, readConfig } from './config';
import { encodeCategories, encodedModes, encodedShape, notSparse } from './encodeCategories';
import type { KerasShape, LayerDefinition } from './layer';
import { constantRow } from './resize';
import { only } from './shapes';

/** Whole numbers that float32 and int32 hold exactly. */
const whole = z.int().min(-(2 ** 24)).max(2 ** 24);

const schema = z
  .object({
    vocabulary: z.array(whole, 'a vocabulary in the config').min(1),
    num_oov_indices: z.int().nonnegative().default(1),
    mask_token: whole.nullish().transform((token) => token ?? null),
    oov_token: whole.nullish().transform((token) => token ?? null),
    max_tokens: positive.nullish().transform((count) => count ?? null),
    output_mode: z.union([z.literal('int'), encodedModes]).default('int'),
    pad_to_max_tokens: z.boolean().default(false),
    oov_method: z.literal('floormod').default('floormod'),
    salt: z.null().optional(),
    invert: z.literal(false, 'indices of tokens, not tokens of indices').default(false),
    sparse: notSparse,
  })
  .refine(({ output_mode, mask_token }) => output_mode === 'int' || mask_token === null, 'no mask_token where the output is encoded');

type IntegerLookupConfig = z.output<typeof schema>;

/** The place of each integer in a vocabulary, after one for the mask token and some for integers that are not in it. */
export const integerLookupLayer: LayerDefinition<IntegerLookupConfig> = {
  className: 'IntegerLookup',
  limits: 'with its vocabulary in the config; no `tf_idf`, `invert` or sparse output',
  parse: (config, place) => readConfig(schema, config, place),
  weights: () => [],
  outputShapes: (config, inputs) => [lookedUpShape(config, only(inputs, 'IntegerLookup'))],
  call: ({ config }, inputs) => {
    const indices = lookUp(config, cast(cast(only(inputs, 'IntegerLookup'), 'int32'), 'float32'));
    const { output_mode: mode } = config;
    const found = cast(indices, 'int32');
    return [mode === 'int' ? found : encodeCategories(found, { mode, depth: depthOf(config), className: 'IntegerLookup' })];
  },
};

function lookedUpShape(config: IntegerLookupConfig, input: KerasShape): KerasShape {
  const { output_mode: mode } = config;
  return mode === 'int' ? input : encodedShape(input, { mode, depth: depthOf(config), className: 'IntegerLookup' });
}

function depthOf(config: IntegerLookupConfig): number {
  const { tokens, first } = layout(config);
  return config.pad_to_max_tokens && config.max_tokens !== null ? config.max_tokens : first + tokens.length;
}

/** The tokens without the special ones that may stand in front, and the index of the first. */
function layout({ vocabulary, mask_token, oov_token, num_oov_indices }: IntegerLookupConfig): { readonly tokens: readonly number[]; readonly first: number } {
  const special = [...(mask_token === null ? [] : [mask_token]), ...new Array<number | null>(num_oov_indices).fill(oov_token)];
  const stated = special.every((token, index) => vocabulary[index] === token);
  return { tokens: stated ? vocabulary.slice(special.length) : vocabulary, first: special.length };
}

/** `x` holds whole numbers as float32. */
function lookUp(config: IntegerLookupConfig, x: Value): Value {
  const { tokens, first } = layout(config);
  const matches = cast(equal(reshape(x, [...x.shape, 1]), constantRow(x.graph, tokens)), 'float32');
  const index = sum(mul(matches, constantRow(x.graph, tokens.map((_, place) => first + place))), [-1]);
  const known = where(greater(sum(matches, [-1]), 0), index, unknownIndex(config, x));
  return config.mask_token === null ? known : where(equal(x, config.mask_token), 0, known);
}

/** One index for all that are not in the vocabulary, or one of several by the remainder; -1 where there is none. */
function unknownIndex({ num_oov_indices: count, mask_token }: IntegerLookupConfig, x: Value): Value | number {
  const start = mask_token === null ? 0 : 1;
  if (count <= 1) return count === 0 ? -1 : start;
  return add(sub(x, mul(floor(div(x, count)), count)), start);
}
