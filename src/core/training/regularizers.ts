import type { Json } from '../model/json';
import { add, mul } from '../ops/binary';
import type { Value } from '../ops/graph';
import { sum } from '../ops/reduce';
import { abs } from '../ops/unary';
import { readKerasObject, readNumber, unsupportedObject } from './kerasObject';

/** A penalty as a function of a tensor. */
export type Regularizer = (x: Value) => Value;

/**
 * A regularizer as a layer's config holds it (keras.regularizers L1, L2, L1L2): l1 * sum |x| + l2 * sum x^2. Throws
 * `unsupported` by name, `config-invalid`.
 */
export function resolveRegularizer(object: Json, where: string): Regularizer {
  const { name, config } = readKerasObject(object, where);
  const factor = (key: string, fallback: number): number => readNumber(config, key, { fallback, least: 0, where });
  switch (name) {
    case 'L1': case 'l1':
      return penalty(factor('l1', 0.01), 0);
    case 'L2': case 'l2':
      return penalty(0, factor('l2', 0.01));
    case 'L1L2': case 'l1_l2': case 'l1l2':
      return penalty(factor('l1', 0), factor('l2', 0));
    default:
      throw unsupportedObject('regularizer', name, ['L1', 'L2', 'L1L2'], where);
  }
}

function penalty(l1: number, l2: number): Regularizer {
  return (x) => {
    const absolute = l1 === 0 ? undefined : mul(sum(abs(x)), l1);
    const squared = l2 === 0 ? undefined : mul(sum(mul(x, x)), l2);
    if (absolute && squared) return add(absolute, squared);
    return absolute ?? squared ?? x.graph.scalar(0);
  };
}
