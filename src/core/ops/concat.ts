import type { OpDefinition } from './definition';
import type { TensorType, Value } from './graph';
import { normalizeAxis } from './shape';
import { slice } from './slice';
import { copyWalk, elementCount, stridesOf, wholeWalk } from './strides';
import { expectOneDType, refusal, showTypes } from './typeRules';

export interface ConcatAttributes {
  /** From the front. */
  readonly axis: number;
}

/** Sum of the inputs' sizes on the axis; the shapes agree elsewhere. */
function inferConcat(inputs: readonly TensorType[], axis: number): TensorType {
  expectOneDType('concat', inputs);
  const [{ shape, dtype }] = inputs;
  normalizeAxis(axis, shape.length);
  const fits = inputs.every(
    (input) =>
      input.shape.length === shape.length &&
      input.shape.every((dim, own) => (own === axis ? dim >= 0 : dim === shape[own])),
  );
  if (!fits) throw refusal('concat', `shapes that differ only on axis ${axis}, which has a fixed size`, showTypes(inputs));
  const total = inputs.reduce((size, input) => size + input.shape[axis], 0);
  return { shape: shape.map((dim, own) => (own === axis ? total : dim)), dtype };
}

export const concatOps: { concat: OpDefinition<ConcatAttributes> } = {
  concat: {
    name: 'concat',
    infer: (inputs, { axis }) => [inferConcat(inputs, axis)],
    gradient({ inputs, attributes: { axis } }, [dy], wanted) {
      let start = 0;
      return inputs.map(({ shape }, i) => {
        const end = start + shape[axis];
        const part = dy && wanted[i] ? slice(dy, axis, start, end) : undefined;
        start = end;
        return part;
      });
    },
    reference(inputs, { axis }) {
      const total = inputs.reduce((size, input) => size + input.shape[axis], 0);
      const shape = inputs[0].shape.map((dim, own) => (own === axis ? total : dim));
      const strides = stridesOf(shape);
      const data = new Float64Array(elementCount(shape));
      let offset = 0;
      for (const input of inputs) {
        copyWalk(input.shape, { data: input.data, walk: wholeWalk(input.shape) }, { data, walk: { offset, strides } });
        offset += input.shape[axis] * strides[axis];
      }
      return [{ shape, data }];
    },
  },
};

/** Joins tensors along an axis of fixed size. At least one; throws for none, as nothing names a graph. */
export function concat(values: readonly Value[], axis: number): Value {
  if (values.length === 0) throw new Error('concat needs at least one value');
  const [first] = values;
  const normalized = normalizeAxis(axis, first.shape.length);
  return values.length === 1 ? first : first.graph.add(concatOps.concat, values, { axis: normalized })[0];
}
