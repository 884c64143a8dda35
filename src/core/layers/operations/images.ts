import { floatTensor } from '../../model/tensor';
import { mul } from '../../ops/binary';
import { cast } from '../../ops/cast';
import type { Value } from '../../ops/graph';
import { sum } from '../../ops/reduce';
import { resized, resizingLayer } from '../resizing';
import { asFloat } from '../shapes';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

const resizeSettings = ['interpolation', 'antialias', 'crop_to_aspect_ratio', 'pad_to_aspect_ratio', 'fill_mode', 'fill_value', 'data_format'];

/** What the layer Resizing does. */
function resize(call: OperationCall): Value {
  const [height = 0, width = 0] = call.integers('size') ?? [];
  const settings = resizeSettings.flatMap((name) => (call.has(name) ? [[name, call.plain(name) ?? null] as const] : []));
  return resized(call.tensor('images'), resizingLayer.parse({ height, width, ...Object.fromEntries(settings) }, 'Resize'));
}

/** Shares of red, green and blue in Keras' grey. */
const greyShares = [0.2989, 0.587, 0.114];

function grey(call: OperationCall): Value {
  call.only('data_format', 'channels_last');
  const images = call.tensor('images');
  const mixed = sum(mul(asFloat(images), images.graph.constant(floatTensor([3], Float32Array.from(greyShares)))), [-1], true);
  return images.dtype === 'float32' ? mixed : cast(mixed, 'int32');
}

export const imageOperations: readonly KerasOperation[] = [
  { className: 'Resize', parameters: ['images'], apply: resize },
  { className: 'RGBToGrayscale', parameters: ['images'], apply: grey },
];
