import { z } from 'zod';
import { add, mul, sub } from '../ops/binary';
import { cast } from '../ops/cast';
import { equal, greater, logicalAnd } from '../ops/compare';
import type { Value } from '../ops/graph';
import { pad } from '../ops/pad';
import { slice } from '../ops/slice';
import { floor } from '../ops/unary';
import { where } from '../ops/where';
import { dataFormat, positive, readConfig } from './config';
import { interpolationNames } from './interpolation';
import type { LayerDefinition } from './layer';
import { resizeImages } from './resize';
import { asFloat, only, requireRank } from './shapes';
import { inChannelsLast } from './windows';

const schema = z
  .object({
    height: positive,
    width: positive,
    interpolation: z.enum(interpolationNames).default('bilinear'),
    crop_to_aspect_ratio: z.boolean().default(false),
    pad_to_aspect_ratio: z.boolean().default(false),
    fill_mode: z.literal('constant').default('constant'),
    fill_value: z.number().default(0),
    antialias: z.boolean().default(false),
    data_format: dataFormat,
  })
  .refine(({ crop_to_aspect_ratio: crop, pad_to_aspect_ratio: fit }) => !(crop && fit), 'crop_to_aspect_ratio or pad_to_aspect_ratio, not both');

type ResizingConfig = z.output<typeof schema>;

/** Images in another height and width, whole, or cropped or padded first to the new ratio of the two. */
export const resizingLayer: LayerDefinition<ResizingConfig> = {
  className: 'Resizing',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: ({ height, width, data_format }, inputs) => {
    const input = only(inputs, 'Resizing');
    requireRank(input, 4, 'Resizing');
    const batch = input[0] ?? null;
    return [data_format === 'channels_first' ? [batch, input[1] ?? null, height, width] : [batch, height, width, input[3] ?? null]];
  },
  call: ({ config }, inputs) => [resized(only(inputs, 'Resizing'), config)],
};

/** What the layer and `keras.ops.image.resize` compute. */
export function resized(x: Value, config: ResizingConfig): Value {
  requireRank(x.shape, 4, 'Resizing');
  const images = inChannelsLast(asFloat(x), config.data_format, (last) => resizeImages(inRatio(last, config), [config.height, config.width], config));
  return x.dtype === 'int32' ? cast(rounded(images), 'int32') : images;
}

/** Keras gives integers where it is given them; a half goes to the even one. */
function rounded(x: Value): Value {
  const up = floor(add(x, 0.5));
  const odd = greater(sub(up, mul(floor(mul(up, 0.5)), 2)), 0);
  return where(logicalAnd(equal(add(x, 0.5), up), odd), sub(up, 1), up);
}

function inRatio(x: Value, config: ResizingConfig): Value {
  if (config.crop_to_aspect_ratio) return cropToRatio(x, [config.height, config.width]);
  return config.pad_to_aspect_ratio ? padToRatio(x, config) : x;
}

/** The largest part in the middle that has the ratio of a size, as Keras rounds it. */
export function cropToRatio(x: Value, [height, width]: readonly [number, number]): Value {
  const [, ownHeight = 1, ownWidth = 1] = x.shape;
  const cropHeight = Math.max(Math.min(ownHeight, Math.trunc((ownWidth * height) / width)), 1);
  const cropWidth = Math.max(Math.min(ownWidth, Math.trunc((ownHeight * width) / height)), 1);
  return middle(middle(x, 1, cropHeight), 2, cropWidth);
}

function middle(x: Value, axis: number, size: number): Value {
  const start = Math.trunc(((x.shape[axis] ?? size) - size) / 2);
  return slice(x, axis, start, start + size);
}

/** As Keras on TensorFlow: the same number of rows (or columns) on both sides, so that an odd one is not there. */
function padToRatio(x: Value, { height, width, fill_value }: ResizingConfig): Value {
  const [, ownHeight = 1, ownWidth = 1] = x.shape;
  const rows = Math.trunc((Math.max(ownHeight, Math.trunc((ownWidth * height) / width)) - ownHeight) / 2);
  const columns = Math.trunc((Math.max(ownWidth, Math.trunc((ownHeight * width) / height)) - ownWidth) / 2);
  return pad(x, [[0, 0], [rows, rows], [columns, columns], [0, 0]], fill_value);
}
