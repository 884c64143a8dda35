import type { OpDefinition } from './definition';
import type { Value } from './graph';
import { resolveShape, sameShape, type Shape, showShape, sizeOfShape } from './shape';
import { refusal, showType } from './typeRules';

export interface ReshapeAttributes {
  /** May hold batch multiples. */
  readonly shape: Shape;
}

export const reshapeOps: { reshape: OpDefinition<ReshapeAttributes> } = {
  reshape: {
    name: 'reshape',
    infer([x], { shape }) {
      if (sizeOfShape(x.shape) !== sizeOfShape(shape)) {
        throw refusal('reshape', `a shape with as many elements as ${showType(x)}`, showShape(shape));
      }
      return [{ shape, dtype: x.dtype }];
    },
    gradient: ({ inputs: [x] }, [dy], [wanted]) => [dy && wanted ? reshape(dy, x.shape) : undefined],
    reference: ([{ data }], { shape }, batch) => [{ shape: resolveShape(shape, batch), data }],
  },
};

/** The same elements in row-major order under another shape. */
export function reshape(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : x.graph.add(reshapeOps.reshape, [x], { shape })[0];
}
