import type { PoolAttributes } from '../../../core/ops/pool';
import type { Shape } from '../../../core/ops/shape';
import type { GraphAttributes } from '../graphDef';
import { atLeastPlanar, isSame, perAxis, planarShape, spatialOf, type Window } from './window';

/** A pooling as TensorFlow can do it: with padding of its two kinds, or padded before. */
export interface PoolPlan {
  readonly window: Window;
  readonly attributes: GraphAttributes;
  /** Padded by an operator of its own. */
  readonly outside: Window['padding'];
  /** Of the input, with two or three spatial axes. */
  readonly input: Shape;
}

export function planPool(shape: Shape, { size, strides, padding }: PoolAttributes): PoolPlan {
  const window = atLeastPlanar({ size, strides, padding, dilation: size.map(() => 1) });
  const input = planarShape(shape);
  const pads = window.padding.flat().some((count) => count > 0);
  const same = pads && isSame(window, spatialOf(input));
  return {
    window,
    input,
    attributes: { ksize: perAxis(window.size), strides: perAxis(window.strides), padding: same ? 'SAME' : 'VALID' },
    outside: same ? window.padding.map(() => [0, 0] as const) : window.padding,
  };
}
