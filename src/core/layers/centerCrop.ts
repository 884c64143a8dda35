import { z } from 'zod';
import type { Value } from '../ops/graph';
import { slice } from '../ops/slice';
import { dataFormat, positive, readConfig } from './config';
import type { LayerDefinition } from './layer';
import { resizeImages } from './resize';
import { cropToRatio } from './resizing';
import { asFloat, only, requireRank } from './shapes';
import { inChannelsLast } from './windows';

const schema = z.object({ height: positive, width: positive, data_format: dataFormat });

type CenterCropConfig = z.output<typeof schema>;

/** The middle of each image; one that is too small is resized instead, cropped to the ratio of the size first. */
export const centerCropLayer: LayerDefinition<CenterCropConfig> = {
  className: 'CenterCrop',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: ({ height, width, data_format }, inputs) => {
    const input = only(inputs, 'CenterCrop');
    requireRank(input, 4, 'CenterCrop');
    const batch = input[0] ?? null;
    return [data_format === 'channels_first' ? [batch, input[1] ?? null, height, width] : [batch, height, width, input[3] ?? null]];
  },
  call: ({ config }, inputs) => {
    const x = only(inputs, 'CenterCrop');
    requireRank(x.shape, 4, 'CenterCrop');
    return [inChannelsLast(asFloat(x), config.data_format, (images) => centre(images, [config.height, config.width]))];
  },
};

function centre(x: Value, [height, width]: readonly [number, number]): Value {
  const [, ownHeight = 1, ownWidth = 1] = x.shape;
  if (ownHeight < height || ownWidth < width) {
    return resizeImages(cropToRatio(x, [height, width]), [height, width], { interpolation: 'bilinear', antialias: false });
  }
  const [top, left] = [Math.floor((ownHeight - height) / 2), Math.floor((ownWidth - width) / 2)];
  return slice(slice(x, 1, top, top + height), 2, left, left + width);
}
