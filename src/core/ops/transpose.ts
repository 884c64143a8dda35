import type { OpDefinition } from './definition';
import type { Value } from './graph';
import { gather, stridesOf } from './strides';
import { refusal, showType } from './typeRules';

export interface TransposeAttributes {
  /** `permutation[i]` is the axis of the input that becomes axis i. */
  readonly permutation: readonly number[];
}

export const transposeOps: { transpose: OpDefinition<TransposeAttributes> } = {
  transpose: {
    name: 'transpose',
    infer([x], { permutation }) {
      const complete = x.shape.every((_, axis) => permutation.includes(axis)) && permutation.length === x.shape.length;
      if (!complete) throw refusal('transpose', `each axis of ${showType(x)} once`, permutation.join(', '));
      return [{ shape: permutation.map((axis) => x.shape[axis]), dtype: x.dtype }];
    },
    gradient({ attributes: { permutation } }, [dy], [wanted]) {
      const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
      return [dy && wanted ? transpose(dy, inverse) : undefined];
    },
    reference([{ shape, data }], { permutation }) {
      const strides = stridesOf(shape);
      const from = { offset: 0, strides: permutation.map((axis) => strides[axis]) };
      return [gather(permutation.map((axis) => shape[axis]), data, from)];
    },
  },
};

/** Axes in another order; see `TransposeAttributes`. */
export function transpose(x: Value, permutation: readonly number[]): Value {
  const identity = permutation.length === x.shape.length && permutation.every((axis, i) => axis === i);
  return identity ? x : x.graph.add(transposeOps.transpose, [x], { permutation })[0];
}
