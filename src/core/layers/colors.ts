import { SurgeryError } from '../errors';
import { floatTensor } from '../model/tensor';
import { add, div, maximum, minimum, mul, sub } from '../ops/binary';
import { equal, greater } from '../ops/compare';
import { concat } from '../ops/concat';
import type { Value } from '../ops/graph';
import { max, sum } from '../ops/reduce';
import { slice } from '../ops/slice';
import { abs, neg } from '../ops/unary';
import { where } from '../ops/where';

/** Hue, saturation and value of each pixel, hue in turns: three of [batch, height, width, 1]. */
export type Hsv = readonly [hue: Value, saturation: Value, value: Value];

/** Red, green and blue of images `[batch, height, width, 3]`. Throws `shape-mismatch` for other channels. */
function channelsOf(images: Value): readonly [Value, Value, Value] {
  const channels = images.shape[3];
  if (channels !== 3) throw new SurgeryError('shape-mismatch', 'Colors have three channels.', { expected: '3 channels', received: String(channels) });
  const channel = (index: number): Value => slice(images, 3, index, index + 1);
  return [channel(0), channel(1), channel(2)];
}

/** As TensorFlow's RGBToHSV. */
export function toHsv(images: Value): Hsv {
  const [red, green, blue] = channelsOf(images);
  const value = max(images, [3], true);
  const span = add(value, max(neg(images), [3], true));
  const gray = equal(span, 0);
  const per = div(1 / 6, where(gray, 1, span));
  const ofBlue = add(mul(sub(red, green), per), 4 / 6);
  const ofGreen = where(equal(green, value), add(mul(sub(blue, red), per), 2 / 6), ofBlue);
  const hue = where(equal(red, value), mul(sub(green, blue), per), ofGreen);
  const turned = where(greater(0, hue), add(hue, 1), hue);
  const positive = greater(value, 0);
  return [where(gray, 0, turned), where(positive, div(span, where(positive, value, 1)), 0), value];
}

/** As TensorFlow's HSVToRGB. */
export function fromHsv([hue, saturation, value]: Hsv): Value {
  const sixths = mul(hue, 6);
  const within = (x: Value): Value => minimum(maximum(x, 0), 1);
  const shares = [within(sub(abs(sub(sixths, 3)), 1)), within(sub(2, abs(sub(sixths, 2)))), within(sub(2, abs(sub(sixths, 4))))];
  return concat(shares.map((share) => mul(add(sub(1, saturation), mul(saturation, share)), value)), 3);
}

/** How bright each pixel is: [batch, height, width, 1]. */
export function toGray(images: Value): Value {
  channelsOf(images);
  return sum(mul(images, images.graph.constant(floatTensor([3], Float32Array.of(0.2989, 0.587, 0.114)))), [3], true);
}
