import { z } from 'zod';
import { floatTensor } from '../model/tensor';
import { add } from '../ops/binary';
import { cast } from '../ops/cast';
import { equal } from '../ops/compare';
import type { Value } from '../ops/graph';
import { slice } from '../ops/slice';
import { floor } from '../ops/unary';
import { drawing, type Draw } from './augmentation';
import { dataFormat, positive, readConfig } from './config';
import type { LayerDefinition } from './layer';
import { alongAxis, resizeImages } from './resize';
import { asFloat, only, requireRank } from './shapes';
import { inChannelsLast } from './windows';

const schema = z.object({ height: positive, width: positive, data_format: dataFormat });

type RandomCropConfig = z.output<typeof schema>;

/**
 * In training, a part of the images at a random place, the same for all of a batch; images that are not larger on both axes
 * are cut and resized instead. In inference Keras gives the images as they are, whatever their size.
 */
export const randomCropLayer: LayerDefinition<RandomCropConfig> = {
  className: 'RandomCrop',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: ({ height, width, data_format }, inputs) => {
    const input = only(inputs, 'RandomCrop');
    requireRank(input, 4, 'RandomCrop');
    const batch = input[0] ?? null;
    return [data_format === 'channels_first' ? [batch, input[1] ?? null, height, width] : [batch, height, width, input[3] ?? null]];
  },
  call: ({ config, training, random }, inputs) => {
    const x = asFloat(only(inputs, 'RandomCrop'));
    requireRank(x.shape, 4, 'RandomCrop');
    return [training ? inChannelsLast(x, config.data_format, (images) => cropped(images, [config.height, config.width], drawing(random, images))) : x];
  },
  trainingDiffers: () => 'it crops images at random in training',
};

function cropped(images: Value, [height, width]: readonly [number, number], draw: Draw): Value {
  const [, ownHeight = 1, ownWidth = 1] = images.shape;
  if (ownHeight > height && ownWidth > width) return partAt(partAt(images, 1, height, draw), 2, width, draw);
  const cropHeight = Math.max(Math.min(ownHeight, Math.trunc((ownWidth * height) / width)), 1);
  const cropWidth = Math.max(Math.min(ownWidth, Math.trunc((ownHeight * width) / height)), 1);
  const cut = (x: Value, axis: number, start: number, size: number): Value => slice(x, axis, start, Math.min(start + size, x.shape[axis] ?? size));
  const rows = cut(images, 1, Math.trunc((ownHeight - cropHeight) / 2), height);
  return resizeImages(cut(rows, 2, Math.trunc((ownWidth - cropWidth) / 2), width), [height, width], { interpolation: 'bilinear', antialias: false });
}

/** `size` places of an axis from a drawn one on: a product with a matrix of zeros and ones. */
function partAt(x: Value, axis: number, size: number, draw: Draw): Value {
  const length = x.shape[axis] ?? size;
  const start = floor(draw([0, length - size + 1], []));
  const { graph } = x;
  const sources = graph.constant(floatTensor([1, length], Float32Array.from({ length }, (_, place) => place)));
  const places = graph.constant(floatTensor([size, 1], Float32Array.from({ length: size }, (_, place) => place)));
  return alongAxis(cast(equal(sources, add(places, start)), 'float32'), x, axis);
}
