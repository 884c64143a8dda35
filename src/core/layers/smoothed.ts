import { broadcastTo } from '../ops/broadcastTo';
import { conv } from '../ops/conv';
import type { Value } from '../ops/graph';
import { samePadding } from '../ops/padding';
import { reshape } from '../ops/reshape';

/** Each channel of images under one kernel `[height, width]`, with zeros around the images. */
export function smoothed(images: Value, kernel: Value): Value {
  const [, height = 1, width = 1, channels = 1] = images.shape;
  const [rows = 1, columns = 1] = kernel.shape;
  const each = broadcastTo(reshape(kernel, [rows, columns, 1, 1]), [rows, columns, 1, channels]);
  return conv(images, each, { strides: [1, 1], dilation: [1, 1], groups: channels, padding: [samePadding(height, rows, 1, 1), samePadding(width, columns, 1, 1)] });
}
