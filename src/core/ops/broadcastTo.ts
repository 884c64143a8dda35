import type { OpDefinition } from './definition';
import type { Value } from './graph';
import { broadcastShapes, resolveShape, sameShape, type Shape, showShape } from './shape';
import { broadcastWalk, gather } from './strides';
import { refusal, showType } from './typeRules';
import { unbroadcast } from './unbroadcast';

export interface BroadcastToAttributes {
  /** May hold batch multiples. */
  readonly shape: Shape;
}

export const broadcastToOps: { broadcastTo: OpDefinition<BroadcastToAttributes> } = {
  broadcastTo: {
    name: 'broadcastTo',
    infer([x], { shape }) {
      if (!sameShape(broadcastShapes(x.shape, shape), shape)) {
        throw refusal('broadcastTo', `a shape that ${showType(x)} broadcasts to`, showShape(shape));
      }
      return [{ shape, dtype: x.dtype }];
    },
    gradient: ({ inputs: [x] }, [dy], [wanted]) => [dy && wanted ? unbroadcast(dy, x.shape) : undefined],
    reference([x], { shape }, batch) {
      const resolved = resolveShape(shape, batch);
      return [gather(resolved, x.data, broadcastWalk(x.shape, resolved))];
    },
  },
};

/** Repeats along axes of size 1 and along new axes in front, as NumPy does. */
export function broadcastTo(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : x.graph.add(broadcastToOps.broadcastTo, [x], { shape })[0];
}
