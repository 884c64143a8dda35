import type { Json } from '../../model/json';
import { floatTensor } from '../../model/tensor';
import { add, div, mul, sub } from '../../ops/binary';
import { cast } from '../../ops/cast';
import { equal, greater } from '../../ops/compare';
import { concat } from '../../ops/concat';
import { conv } from '../../ops/conv';
import type { Value } from '../../ops/graph';
import { pad } from '../../ops/pad';
import { max, mean, sum } from '../../ops/reduce';
import { reshape } from '../../ops/reshape';
import { showShape, sizeOfShape } from '../../ops/shape';
import { slice } from '../../ops/slice';
import { abs, floor, neg } from '../../ops/unary';
import { where } from '../../ops/where';
import { convAttributes } from '../convolution';
import { convolveEachChannel } from '../depthwiseConvolution';
import { resized, resizingLayer } from '../resizing';
import { asFloat } from '../shapes';
import { inChannelsLast, type Window } from '../windows';
import { pick } from './axes';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

const resizeSettings = ['interpolation', 'antialias', 'crop_to_aspect_ratio', 'pad_to_aspect_ratio', 'fill_mode', 'fill_value', 'data_format'];

/** What the layer Resizing does. */
function resize(call: OperationCall): Value {
  const [height = 0, width = 0] = call.integers('size') ?? [];
  const settings = resizeSettings.flatMap((name) => (call.has(name) ? [[name, call.plain(name) ?? null] as const] : []));
  return resized(call.tensor('images'), resizingLayer.parse({ height, width, ...Object.fromEntries(settings) }, 'Resize'));
}

/** On `[batch, height, width, channels]`, whichever format the call says. */
export function onImages(call: OperationCall, run: (images: Value) => Value): Value {
  const images = call.tensor('images');
  if (images.shape.length !== 4) throw call.refuse(`images of ${images.shape.length} axes`, showShape(images.shape));
  return inChannelsLast(images, call.plain('data_format') === 'channels_first' ? 'channels_first' : 'channels_last', run);
}

/** Shares of red, green and blue in Keras' grey. */
const greyShares = [0.2989, 0.587, 0.114];

function grey(images: Value): Value {
  const mixed = sum(mul(asFloat(images), images.graph.constant(floatTensor([3], Float32Array.from(greyShares)))), [-1], true);
  return images.dtype === 'float32' ? mixed : cast(mixed, 'int32');
}

function channels(images: Value): [Value, Value, Value] {
  const at = (place: number): Value => slice(asFloat(images), images.shape.length - 1, place, place + 1);
  return [at(0), at(1), at(2)];
}

/** Hue, saturation and value, each 0 to 1: as `tf.image.rgb_to_hsv`. */
function toHsv(images: Value): Value {
  const axis = images.shape.length - 1;
  const [red, green, blue] = channels(images);
  const value = max(asFloat(images), [axis], true);
  const range = sub(value, neg(max(neg(asFloat(images)), [axis], true)));
  const [none, black] = [equal(range, 0), equal(value, 0)];
  const over = mul(where(none, 1, range), 6);
  const inRed = div(sub(green, blue), over);
  const inGreen = add(div(sub(blue, red), over), 1 / 3);
  const inBlue = add(div(sub(red, green), over), 2 / 3);
  const turned = where(equal(red, value), inRed, where(equal(green, value), inGreen, inBlue));
  const hue = where(none, 0, where(greater(0, turned), add(turned, 1), turned));
  const saturation = where(black, 0, div(range, where(black, 1, value)));
  return concat([hue, saturation, value], axis);
}

/** The way back, as `tf.image.hsv_to_rgb`. */
function fromHsv(images: Value): Value {
  const [hue, saturation, value] = channels(images);
  const sixths = mul(sub(hue, floor(hue)), 6);
  const shares = [sub(abs(sub(sixths, 3)), 1), sub(2, abs(sub(sixths, 2))), sub(2, abs(sub(sixths, 4)))].map(withinOne);
  return concat(shares.map((share) => mul(value, add(sub(1, saturation), mul(saturation, share)))), images.shape.length - 1);
}

function withinOne(x: Value): Value {
  return where(greater(0, x), 0, where(greater(x, 1), 1, x));
}

interface Sides {
  readonly before: number;
  readonly after: number;
}

/** What is cut from (added to) an axis: two of three numbers say the third. */
function sidesOf(call: OperationCall, names: readonly [string, string, string], left: (before: number, after: number, target: number) => Sides): Sides {
  const [before, after, target] = names.map((name) => (call.has(name) ? call.number(name) : undefined));
  if ([before, after, target].filter((size) => size === undefined).length > 1) throw call.refuse('two of three sizes missing', names.join(', '));
  const found = left(before ?? NaN, after ?? NaN, target ?? NaN);
  if (Math.min(found.before, found.after) >= 0) return found;
  throw call.refuse('sides below 0', JSON.stringify(found));
}

function cropped(call: OperationCall, images: Value): Value {
  const cut = (value: Value, axis: number, names: readonly [string, string, string]): Value => {
    const size = value.shape[axis] ?? 0;
    const { before, after } = sidesOf(call, names, (first, last, target) => filled(first, last, size - target));
    return slice(value, axis, before, size - after);
  };
  return cut(cut(images, 1, ['top_cropping', 'bottom_cropping', 'target_height']), 2, ['left_cropping', 'right_cropping', 'target_width']);
}

function filled(before: number, after: number, both: number): Sides {
  return { before: Number.isNaN(before) ? both - after : before, after: Number.isNaN(after) ? both - before : after };
}

function framed(call: OperationCall, images: Value): Value {
  const [, height = 0, width = 0] = images.shape;
  const sides = (size: number, names: readonly [string, string, string]): readonly [number, number] => {
    const { before, after } = sidesOf(call, names, (first, last, target) => filled(first, last, target - size));
    return [before, after];
  };
  const typed = images.dtype === 'bool' ? cast(images, 'int32') : images;
  return pad(typed, [[0, 0], sides(height, ['top_padding', 'bottom_padding', 'target_height']), sides(width, ['left_padding', 'right_padding', 'target_width']), [0, 0]]);
}

/** Each place's window as channels: a convolution with ones on a diagonal. */
function patches(call: OperationCall): Value {
  const x = call.float('images');
  const rank = x.shape.length - 2;
  const size = each(call, 'size', rank);
  const first = call.plain('data_format') === 'channels_first';
  return inChannelsLast(x, first ? 'channels_first' : 'channels_last', (images) => {
    const depth = images.shape.at(-1) ?? 1;
    const count = sizeOfShape(size) * depth;
    const diagonal = Float32Array.from({ length: count * count }, (_, index) => (index % (count + 1) === 0 ? 1 : 0));
    const kernel = images.graph.constant(floatTensor([...size, depth, count], diagonal));
    return conv(images, kernel, convAttributes({ ...sliding(call, size, rank), groups: 1 }, images));
  });
}

function sliding(call: OperationCall, size: readonly number[], rank: number): { kernel_size: readonly number[]; strides: readonly number[]; dilation_rate: readonly number[]; padding: Window['padding'] } {
  const strides = call.has('strides') ? each(call, 'strides', rank) : size;
  return { kernel_size: size, strides, dilation_rate: each(call, 'dilation_rate', rank), padding: call.plain('padding') === 'same' ? 'same' : 'valid' };
}

function each(call: OperationCall, name: string, rank: number): readonly number[] {
  const given = call.integers(name) ?? [1];
  if (given.length === rank) return given;
  const [one = 1] = given;
  if (given.length === 1) return new Array<number>(rank).fill(one);
  throw call.refuse(`${name} of ${given.length} numbers`, JSON.stringify(given));
}

/** e^(-x^2 / 2 s^2), together 1. */
function bell(size: number, sigma: number): number[] {
  const heights = Array.from({ length: size }, (_, index) => Math.exp(-0.5 * ((index - (size - 1) / 2) / sigma) ** 2));
  const total = heights.reduce((a, b) => a + b, 0);
  return heights.map((height) => height / total);
}

/** Every channel under one kernel of `rows x columns`. */
function filtered(images: Value, [rows, columns]: readonly [readonly number[], readonly number[]], padding: 'valid' | 'same'): Value {
  const depth = images.shape.at(-1) ?? 1;
  const numbers = rows.flatMap((row) => columns.flatMap((column) => new Array<number>(depth).fill(row * column)));
  const kernel = images.graph.constant(floatTensor([rows.length, columns.length, depth, 1], Float32Array.from(numbers)));
  return convolveEachChannel(asFloat(images), kernel, { kernel_size: [rows.length, columns.length], strides: [1, 1], dilation_rate: [1, 1], padding });
}

function numbers(call: OperationCall, name: string, missing: readonly number[]): readonly number[] {
  const given: Json | undefined = call.plain(name);
  return given === undefined ? missing : (Array.isArray(given) ? given : [given, given]).map(Number);
}

/** Keras takes the first size and deviation for columns, the second for rows, of a kernel of first x second. */
function blurred(call: OperationCall, images: Value): Value {
  const [height = 3, width = 3] = numbers(call, 'kernel_size', [3, 3]);
  const [first = 1, second = 1] = numbers(call, 'sigma', [1, 1]);
  if (height !== width) throw call.refuse('a kernel that is no square', `${height} x ${width}`);
  return filtered(images, [bell(height, second), bell(width, first)], 'same');
}

/** [batch, height, width, channels, 2]: slopes down and to the right, the edge mirrored. */
function edges(call: OperationCall): Value {
  call.only('data_format', 'channels_last');
  const images = call.float('images');
  if (images.shape.length !== 4) throw call.refuse(`images of ${images.shape.length} axes`, showShape(images.shape));
  const around = [1, 2].reduce((value, axis) => {
    const size = images.shape[axis] ?? 1;
    return pick(value, axis, [1, ...Array.from({ length: size }, (_, index) => index), size - 2]);
  }, images);
  const slopes = [filtered(around, [[-1, 0, 1], [1, 2, 1]], 'valid'), filtered(around, [[1, 2, 1], [-1, 0, 1]], 'valid')];
  return concat(slopes.map((slope) => reshape(slope, [...images.shape, 1])), 4);
}

/** Structural similarity (Wang et al. 2004) of each pair: means, variances and covariance under a bell. */
function similarity(call: OperationCall): Value {
  const [a, b] = [call.float('image1'), call.float('image2')];
  call.only('data_format', 'channels_last');
  if (a.shape.length !== 4) throw call.refuse(`images of ${a.shape.length} axes`, showShape(a.shape));
  const weights = bell(call.number('filter_size', 11), call.number('filter_sigma', 1.5));
  const local = (x: Value): Value => filtered(x, [weights, weights], 'valid');
  const [c1, c2] = [call.number('k1', 0.01), call.number('k2', 0.03)].map((k) => (k * call.number('max_val', 1)) ** 2);
  const [ma, mb] = [local(a), local(b)];
  const [va, vb, both] = [sub(local(mul(a, a)), mul(ma, ma)), sub(local(mul(b, b)), mul(mb, mb)), sub(local(mul(a, b)), mul(ma, mb))];
  const above = mul(add(mul(mul(ma, mb), 2), c1), add(mul(both, 2), c2));
  const below = mul(add(add(mul(ma, ma), mul(mb, mb)), c1), add(add(va, vb), c2));
  return mean(div(above, below), [1, 2, 3]);
}

function image(className: string, run: (call: OperationCall, images: Value) => Value): KerasOperation {
  return { className, parameters: ['images'], apply: (call) => onImages(call, (images) => run(call, images)) };
}

export const imageOperations: readonly KerasOperation[] = [
  { className: 'Resize', parameters: ['images'], apply: resize },
  image('RGBToGrayscale', (_call, images) => grey(images)),
  image('RGBToHSV', (_call, images) => toHsv(images)),
  image('HSVToRGB', (_call, images) => fromHsv(images)),
  image('CropImages', cropped),
  image('PadImages', framed),
  image('GaussianBlur', blurred),
  { className: 'ExtractPatches', parameters: ['images'], apply: patches },
  { className: 'SobelEdges', parameters: ['images'], apply: edges },
  { className: 'SSIM', parameters: ['image1', 'image2'], apply: similarity },
];
