import { z } from 'zod';
import { add, div, maximum, minimum, mul, sub } from '../ops/binary';
import { equal } from '../ops/compare';
import type { Value } from '../ops/graph';
import { max } from '../ops/reduce';
import { neg } from '../ops/unary';
import { where } from '../ops/where';
import { readConfig } from './config';
import type { LayerDefinition } from './layer';
import { asFloat, only, requireRank } from './shapes';

const schema = z.object({ value_range: z.tuple([z.number(), z.number()]).default([0, 255]) });

type AutoContrastConfig = z.output<typeof schema>;

/** Stretches what each image has on axes 1 and 2 to the whole range of values, as Keras does in either data format. */
export const autoContrastLayer: LayerDefinition<AutoContrastConfig> = {
  className: 'AutoContrast',
  parse: (config, place) => readConfig(schema, config, place),
  weights: () => [],
  outputShapes: (_config, inputs) => {
    const input = only(inputs, 'AutoContrast');
    requireRank(input, 4, 'AutoContrast');
    return [input];
  },
  call: ({ config: { value_range } }, inputs) => {
    const x = asFloat(only(inputs, 'AutoContrast'));
    requireRank(x.shape, 4, 'AutoContrast');
    return [stretched(x, value_range)];
  },
};

/** Where all values are equal they stay: there is nothing to stretch. */
function stretched(x: Value, [from, to]: readonly [number, number]): Value {
  const low = neg(max(neg(x), [1, 2], true));
  const span = sub(max(x, [1, 2], true), low);
  const flat = equal(span, 0);
  const share = div(sub(x, low), where(flat, 1, span));
  return where(flat, x, add(mul(minimum(maximum(share, 0), 1), to - from), from));
}
