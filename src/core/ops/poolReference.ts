import type { NumericTensor } from './definition';
import type { PoolAttributes } from './pool';
import { forEachTap, type SlidingWindow } from './spatial';
import { elementCount } from './strides';

function windowOf({ size, strides, padding }: PoolAttributes): SlidingWindow {
  return { size, strides, padding, dilation: size.map(() => 1) };
}

/** Visits each element of each window, with offsets into the big tensor and the pooled one. */
function forEachPair(big: readonly number[], pooled: readonly number[], attributes: PoolAttributes, visit: (inside: number, place: number) => void): void {
  const channels = big[big.length - 1];
  const spatial = big.slice(1, -1);
  const places = pooled.slice(1, -1);
  const window = windowOf(attributes);
  for (let sample = 0; sample < big[0]; sample++) {
    const bigStart = sample * elementCount(spatial) * channels;
    const pooledStart = sample * elementCount(places) * channels;
    forEachTap(spatial, places, window, (inside, place) => {
      for (let c = 0; c < channels; c++) visit(bigStart + inside * channels + c, pooledStart + place * channels + c);
    });
  }
}

/** For each pooled element the offset of the first maximum of its window; a NaN wins. */
function winners(x: NumericTensor, pooled: readonly number[], attributes: PoolAttributes): Int32Array {
  const result = new Int32Array(elementCount(pooled)).fill(-1);
  forEachPair(x.shape, pooled, attributes, (inside, place) => {
    const best = result[place];
    const value = x.data[inside];
    if (best < 0 || value > x.data[best] || (Number.isNaN(value) && !Number.isNaN(x.data[best]))) result[place] = inside;
  });
  return result;
}

/** Of shape `pooled`. */
export function maxPoolReference(x: NumericTensor, attributes: PoolAttributes, pooled: readonly number[]): NumericTensor {
  return { shape: pooled, data: Float64Array.from(winners(x, pooled, attributes), (winner) => x.data[winner]) };
}

/** Of the shape of `x`. */
export function maxPoolGradReference(x: NumericTensor, dy: NumericTensor, attributes: PoolAttributes): NumericTensor {
  const data = new Float64Array(x.data.length);
  winners(x, dy.shape, attributes).forEach((winner, place) => (data[winner] += dy.data[place]));
  return { shape: x.shape, data };
}

/** How many elements of each window lie inside, for each place. */
function insideCounts(big: readonly number[], pooled: readonly number[], attributes: PoolAttributes): Float64Array {
  const counts = new Float64Array(elementCount(pooled));
  forEachPair(big, pooled, attributes, (_, place) => (counts[place] += 1));
  return counts;
}

/** Of shape `pooled`. */
export function avgPoolReference(x: NumericTensor, attributes: PoolAttributes, pooled: readonly number[]): NumericTensor {
  const data = new Float64Array(elementCount(pooled));
  forEachPair(x.shape, pooled, attributes, (inside, place) => (data[place] += x.data[inside]));
  insideCounts(x.shape, pooled, attributes).forEach((count, place) => (data[place] /= count));
  return { shape: pooled, data };
}

/** Of shape `inputShape`. */
export function avgPoolGradReference(dy: NumericTensor, attributes: PoolAttributes, inputShape: readonly number[]): NumericTensor {
  const data = new Float64Array(elementCount(inputShape));
  const counts = insideCounts(inputShape, dy.shape, attributes);
  forEachPair(inputShape, dy.shape, attributes, (inside, place) => (data[inside] += dy.data[place] / counts[place]));
  return { shape: inputShape, data };
}
