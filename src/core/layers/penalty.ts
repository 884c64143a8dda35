import { z } from 'zod';
import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import { floatTensor } from '../model/tensor';
import { add, div, maximum, mul } from '../ops/binary';
import { batchSize } from '../ops/batchSize';
import type { Value } from '../ops/graph';
import { matmul } from '../ops/matmul';
import { sum } from '../ops/reduce';
import { showShape } from '../ops/shape';
import { abs, sqrt } from '../ops/unary';
import { readConfig } from './config';

/** What a tensor adds to the loss; undefined where that is nothing. Throws `shape-mismatch`. */
type Term = (x: Value) => Value | undefined;

const factor = z.number().nullish().transform((value) => value ?? 0);
const both = z.object({ l1: factor, l2: factor });
const one = z.number().default(0.01);
const orthogonalSettings = z.object({ factor: one, mode: z.enum(['rows', 'columns']).default('rows') });

/** l1 sum|x| + l2 sum x^2 */
function sums({ l1, l2 }: { readonly l1: number; readonly l2: number }): Term {
  return (x) => {
    const terms = [...(l1 === 0 ? [] : [mul(sum(abs(x)), l1)]), ...(l2 === 0 ? [] : [mul(sum(mul(x, x)), l2)])];
    return terms.length === 0 ? undefined : terms.reduce((a, b) => add(a, b));
  };
}

/** What keeps the length of a row of zeros from being 0. */
const EPSILON = 1e-7;

/** How far the rows (columns) of a matrix are from standing upright on each other: the mean size of the cosines of all pairs. */
function orthogonal({ factor: share, mode }: z.output<typeof orthogonalSettings>): Term {
  return (x) => {
    const size = x.shape[mode === 'rows' ? 0 : 1] ?? -1;
    if (x.shape.length !== 2 || size < 1) {
      throw new SurgeryError('shape-mismatch', 'OrthogonalRegularizer takes a matrix of fixed size.', { expected: '[rows, columns]', received: showShape(x.shape) });
    }
    const along = mode === 'rows' ? 1 : 0;
    const unit = div(x, sqrt(maximum(sum(mul(x, x), [along], true), EPSILON ** 2)));
    const cosines = matmul(unit, unit, mode === 'rows' ? { transposeB: true } : { transposeA: true });
    const others = Float32Array.from({ length: size * size }, (_, index) => (index % (size + 1) === 0 ? 0 : 1));
    const total = sum(mul(abs(cosines), x.graph.constant(floatTensor([size, size], others))));
    return mul(total, (share * 0.5) / ((size * (size - 1)) / 2));
  };
}

/** Reads each regularizer's config, with Keras' defaults. */
const regularizers: Readonly<Record<string, (config: JsonObject, where: string) => Term>> = {
  l1: (config, where) => sums({ l1: readConfig(z.object({ l1: one }), config, where).l1, l2: 0 }),
  l2: (config, where) => sums({ l1: 0, l2: readConfig(z.object({ l2: one }), config, where).l2 }),
  l1l2: (config, where) => sums(readConfig(both, config, where)),
  orthogonalregularizer: (config, where) => orthogonal(readConfig(orthogonalSettings, config, where)),
};

/**
 * The scalar loss that a regularizer adds for a tensor. Undefined where it adds nothing. Throws `unsupported` for a regularizer
 * that is none of Keras.
 */
export function penalty(regularizer: Json | undefined, x: Value, where: string): Value | undefined {
  return regularizer === undefined || regularizer === null ? undefined : termOf(regularizer, where)(x);
}

/** The penalty of a layer's output, divided by the batch size, as Keras 3 does. */
export function activityPenalty(regularizer: Json | undefined, output: Value, where: string): Value | undefined {
  const whole = penalty(regularizer, output, where);
  return whole && div(whole, batchSize(output));
}

/** Throws `unsupported` or `config-invalid` for what is no regularizer of Keras. */
export function requireRegularizer(regularizer: Json, where: string): void {
  termOf(regularizer, where);
}

function termOf(regularizer: Json, where: string): Term {
  const name = isJsonObject(regularizer) ? regularizer['class_name'] : regularizer;
  const config = isJsonObject(regularizer) && isJsonObject(regularizer['config']) ? regularizer['config'] : {};
  const key = typeof name === 'string' ? name.toLowerCase().replaceAll('_', '') : '';
  if (Object.hasOwn(regularizers, key)) return regularizers[key](config, where);
  throw new SurgeryError('unsupported', 'A regularizer is not supported.', {
    expected: 'L1, L2, L1L2 or OrthogonalRegularizer',
    received: JSON.stringify(name),
    where,
  });
}
