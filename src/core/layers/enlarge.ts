import type { Value } from '../ops/graph';
import type { DataFormat } from './config';
import type { KerasShape } from './layer';
import { repeat } from './repeat';

function firstSpatialAxis(format: DataFormat): number {
  return format === 'channels_first' ? 2 : 1;
}

/** The shape with each spatial axis so many times as long; free axes stay free. */
export function enlargedShape(input: KerasShape, factors: readonly number[], format: DataFormat): KerasShape {
  const first = firstSpatialAxis(format);
  return input.map((length, axis) => (length === null ? null : length * (factors[axis - first] ?? 1)));
}

/** Each element so many times along each spatial axis; the last axis first, as its copies are the longest in the end. */
export function enlarged(x: Value, factors: readonly number[], format: DataFormat): Value {
  const first = firstSpatialAxis(format);
  return factors.reduceRight((y, factor, axis) => repeat(y, first + axis, factor), x);
}
