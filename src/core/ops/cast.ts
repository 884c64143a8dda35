import type { ComputeDType } from '../model/tensor';
import type { OpDefinition } from './definition';
import type { Value } from './graph';
import { noGradient } from './noGradient';

export interface CastAttributes {
  readonly dtype: ComputeDType;
}

const convert: Record<ComputeDType, (x: number) => number> = {
  float32: (x) => x,
  int32: Math.trunc,
  bool: (x) => (x !== 0 ? 1 : 0),
};

export const castOps: { cast: OpDefinition<CastAttributes> } = {
  cast: {
    name: 'cast',
    ...noGradient,
    infer: ([x], { dtype }) => [{ shape: x.shape, dtype }],
    reference: ([{ shape, data }], { dtype }) => [{ shape, data: data.map(convert[dtype]) }],
  },
};

/** The same float, through which no gradient passes. */
export function withoutGradient(x: Value): Value {
  return x.graph.add(castOps.cast, [x], { dtype: x.dtype })[0];
}

/** Another dtype: to int32 towards zero, to bool whether it is not 0, from bool 0 and 1. Takes no gradient. */
export function cast(x: Value, dtype: ComputeDType): Value {
  return x.dtype === dtype ? x : x.graph.add(castOps.cast, [x], { dtype })[0];
}
