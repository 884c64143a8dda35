import { z } from 'zod';
import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import { add, div, mul } from '../ops/binary';
import { batchSize } from '../ops/batchSize';
import type { Value } from '../ops/graph';
import { sum } from '../ops/reduce';
import { abs } from '../ops/unary';
import { readConfig } from './config';

interface Factors {
  readonly l1: number;
  readonly l2: number;
}

const factor = z.number().nullish().transform((value) => value ?? 0);
const both = z.object({ l1: factor, l2: factor });
const one = z.number().default(0.01);

/** Reads the factors out of each regularizer's config, with Keras' defaults. */
const regularizers: Readonly<Record<string, (config: JsonObject, where: string) => Factors>> = {
  l1: (config, where) => ({ l1: readConfig(z.object({ l1: one }), config, where).l1, l2: 0 }),
  l2: (config, where) => ({ l1: 0, l2: readConfig(z.object({ l2: one }), config, where).l2 }),
  l1l2: (config, where) => readConfig(both, config, where),
};

/**
 * The scalar loss that a regularizer adds for a tensor: l1 sum|x| + l2 sum x^2. Undefined where it adds nothing.
 * Throws `unsupported` for a regularizer that is not L1, L2 or L1L2.
 */
export function penalty(regularizer: Json | undefined, x: Value, where: string): Value | undefined {
  if (regularizer === undefined || regularizer === null) return undefined;
  const { l1, l2 } = factorsOf(regularizer, where);
  const terms = [...(l1 === 0 ? [] : [mul(sum(abs(x)), l1)]), ...(l2 === 0 ? [] : [mul(sum(mul(x, x)), l2)])];
  return terms.length === 0 ? undefined : terms.reduce((a, b) => add(a, b));
}

/** The penalty of a layer's output, divided by the batch size, as Keras 3 does. */
export function activityPenalty(regularizer: Json | undefined, output: Value, where: string): Value | undefined {
  const whole = penalty(regularizer, output, where);
  return whole && div(whole, batchSize(output));
}

/** Throws `unsupported` or `config-invalid` for what is no L1, L2 or L1L2. */
export function requireRegularizer(regularizer: Json, where: string): void {
  factorsOf(regularizer, where);
}

function factorsOf(regularizer: Json, where: string): Factors {
  const name = isJsonObject(regularizer) ? regularizer['class_name'] : regularizer;
  const config = isJsonObject(regularizer) && isJsonObject(regularizer['config']) ? regularizer['config'] : {};
  const read = typeof name === 'string' ? regularizers[name.toLowerCase().replaceAll('_', '')] : undefined;
  if (read) return read(config, where);
  throw new SurgeryError('unsupported', 'A regularizer is not supported.', {
    expected: 'L1, L2 or L1L2',
    received: JSON.stringify(name),
    where,
  });
}
