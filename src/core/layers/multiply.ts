import { mul } from '../ops/binary';
import type { Value } from '../ops/graph';
import { where } from '../ops/where';
import type { Mask } from './layer';
import { either } from './masks';
import { merge, spreadMask } from './merge';

export const multiplyLayer = merge({ className: 'Multiply', combine: product });

/** An input counts as 1 where its mask leaves it out; where all are left out the product is 0. */
function product(inputs: readonly Value[], masks: readonly Mask[]): Value {
  const spread = inputs.map((input, index) => spreadMask(masks[index], input));
  const multiplied = inputs.map((input, index) => (spread[index] ? where(spread[index], input, 1) : input)).reduce((a, b) => mul(a, b));
  const any = spread.every((mask) => mask !== undefined) ? spread.reduce((a, b) => either(a, b)) : undefined;
  return any ? where(any, multiplied, 0) : multiplied;
}
