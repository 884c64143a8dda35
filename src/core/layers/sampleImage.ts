import { floatTensor } from '../model/tensor';
import { add, div, maximum, minimum, mul, sub } from '../ops/binary';
import { cast } from '../ops/cast';
import { greater, greaterEqual, logicalAnd } from '../ops/compare';
import type { Graph, Value } from '../ops/graph';
import { reshape } from '../ops/reshape';
import { gatherSampleRows } from '../ops/sampleRows';
import { abs, floor, neg, sign } from '../ops/unary';
import { where } from '../ops/where';

/** What lies outside an image. `[abcd]`: reflect `dcba|abcd|dcba`, wrap `abcd|abcd|abcd`, nearest `aaaa|abcd|dddd`. */
export type FillMode = 'constant' | 'nearest' | 'reflect' | 'wrap';

export interface SampleOptions {
  readonly interpolation: 'nearest' | 'bilinear';
  readonly fill_mode: FillMode;
  readonly fill_value: number;
}

/** Where each place of the result looks, for each sample: x' = a0 x + a1 y + a2, y' = b0 x + b1 y + b2, both over c0 x + c1 y + 1. Each is a number or [batch, 1]. */
export interface AffineMap {
  readonly a: readonly [Value | number, Value | number, Value | number];
  readonly b: readonly [Value | number, Value | number, Value | number];
  readonly c?: readonly [Value | number, Value | number];
}

/**
 * Images `[batch, height, width, channels]` under an affine map, as TensorFlow's ImageProjectiveTransformV3 computes them. The
 * gradient by the images is the exact one; TensorFlow's maps what comes back by the inverse, which is close to it.
 */
export function sampleImages(images: Value, map: AffineMap, options: SampleOptions): Value {
  const [batch = 1, height = 1, width = 1, channels = 1] = images.shape;
  const [x, y] = grid(images.graph, height, width);
  const pixels = { rows: reshape(images, [batch, height * width, channels]), height, width };
  const far = map.c && along([...map.c, 1], x, y);
  const seen = (place: Value): Value => (far ? div(place, far) : place);
  const column = inside(seen(along(map.a, x, y)), width, options.fill_mode);
  const row = inside(seen(along(map.b, x, y)), height, options.fill_mode);
  const sampled = options.interpolation === 'nearest'
    ? pixelAt(pixels, roundAway(column), roundAway(row), options.fill_value)
    : bilinear(pixels, column, row, options.fill_value);
  return reshape(sampled, images.shape);
}

/** Columns and rows of all places in row-major order: two of [1, places]. */
function grid(graph: Graph, height: number, width: number): readonly [Value, Value] {
  const places = height * width;
  const constant = (of: (place: number) => number): Value => graph.constant(floatTensor([1, places], Float32Array.from({ length: places }, (_, place) => of(place))));
  return [constant((place) => place % width), constant((place) => Math.floor(place / width))];
}

/** [batch, places] */
function along([ofX, ofY, shift]: AffineMap['a'], x: Value, y: Value): Value {
  return add(add(mul(x, ofX), mul(y, ofY)), shift);
}

/** A position brought inside an axis of this length; `constant` leaves it outside. By TensorFlow's MapCoordinate. */
function inside(position: Value, length: number, mode: FillMode): Value {
  if (mode === 'constant') return position;
  if (mode === 'nearest' || length === 1) return clamp(position, length);
  return clamp((mode === 'reflect' ? reflected : wrapped)(position, length), length);
}

function clamp(position: Value, length: number): Value {
  return minimum(maximum(position, 0), length - 1);
}

function reflected(position: Value, length: number): Value {
  const period = 2 * length;
  const before = add(position, mul(floor(div(neg(position), period)), period));
  const below = where(greater(-length, before), add(before, period), sub(neg(before), 1));
  const after = sub(position, mul(floor(div(position, period)), period));
  const above = where(greaterEqual(after, length), sub(period - 1, after), after);
  return where(greater(0, position), below, where(greater(position, length - 1), above, position));
}

function wrapped(position: Value, length: number): Value {
  const steps = (from: Value): Value => floor(div(from, length - 1));
  const below = add(position, mul(add(steps(neg(position)), 1), length));
  const above = sub(position, mul(steps(position), length));
  return where(greater(0, position), below, where(greater(position, length - 1), above, position));
}

/** Halves away from zero. */
function roundAway(x: Value): Value {
  return mul(sign(x), floor(add(abs(x), 0.5)));
}

interface Pixels {
  /** [batch, places, channels] */
  readonly rows: Value;
  readonly height: number;
  readonly width: number;
}

function bilinear(pixels: Pixels, column: Value, row: Value, fill: number): Value {
  const [left, top] = [floor(column), floor(row)];
  const [right, bottom] = [add(left, 1), add(top, 1)];
  const [toRight, toBottom] = [sub(column, left), sub(row, top)];
  const across = (at: Value): Value =>
    add(weighted(pixelAt(pixels, left, at, fill), sub(1, toRight)), weighted(pixelAt(pixels, right, at, fill), toRight));
  return add(weighted(across(top), sub(1, toBottom)), weighted(across(bottom), toBottom));
}

/** A row of channels times a number for each place. */
function weighted(rows: Value, weights: Value): Value {
  return mul(rows, reshape(weights, [...weights.shape, 1]));
}

/** The channels at whole positions; `fill` outside. */
function pixelAt({ rows, height, width }: Pixels, column: Value, row: Value, fill: number): Value {
  const known = logicalAnd(within(column, width), within(row, height));
  const index = cast(add(mul(clamp(row, height), width), clamp(column, width)), 'int32');
  const found = gatherSampleRows(rows, index);
  return where(reshape(known, [...known.shape, 1]), found, fill);
}

function within(position: Value, length: number): Value {
  return logicalAnd(greaterEqual(position, 0), greater(length, position));
}
