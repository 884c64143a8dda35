import type { NumericTensor } from './definition';
import { broadcastShapes } from './shape';
import { broadcastWalk, elementCount, forEachRow, wholeWalk } from './strides';

/** The reference of an operation on pairs of elements, with NumPy's broadcasting. */
export function mapPairs(a: NumericTensor, b: NumericTensor, combine: (a: number, b: number) => number): NumericTensor {
  const shape = broadcastShapes(a.shape, b.shape);
  const data = new Float64Array(elementCount(shape));
  const walks = [broadcastWalk(a.shape, shape), broadcastWalk(b.shape, shape), wholeWalk(shape)];
  forEachRow(shape, walks, ([atA, atB, at], length, [stepA, stepB, step]) => {
    for (let i = 0; i < length; i++) data[at + i * step] = combine(a.data[atA + i * stepA], b.data[atB + i * stepB]);
  });
  return { shape, data };
}
