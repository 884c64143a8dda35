import { z } from 'zod';
import { floatTensor } from '../model/tensor';
import { add, mul, sub } from '../ops/binary';
import { broadcastTo } from '../ops/broadcastTo';
import { greater, greaterEqual, logicalAnd } from '../ops/compare';
import type { Value } from '../ops/graph';
import { reshape } from '../ops/reshape';
import { slice } from '../ops/slice';
import { sqrt } from '../ops/unary';
import { where } from '../ops/where';
import { augmentation, chosenImages, clipped, type Draw, rangeWithin } from './augmentation';
import { dataFormat } from './config';
import { constantRow } from './resize';

const fill = z.union([z.number(), z.array(z.number()).length(3)]).nullish().transform((value) => value ?? null);

const schema = z.object({ factor: rangeWithin(0, 1).default([0, 1]), scale: rangeWithin(0, 1).default([0.02, 0.33]), fill_value: fill, value_range: z.tuple([z.number(), z.number()]).default([0, 255]), data_format: dataFormat });

/** Fills a rectangle of some images with noise or with one color. */
export const randomErasingLayer = augmentation({
  className: 'RandomErasing',
  schema,
  augment: (images, { factor, scale, fill_value, value_range }, draw) => {
    const [batch = 1, height = 1, width = 1] = images.shape;
    const sides = sqrt(draw(scale, [batch, 2]));
    const inside = logicalAnd(
      between(place(images, 2), bounds(slice(sides, 1, 0, 1), width, draw)),
      between(place(images, 1), bounds(slice(sides, 1, 1, 2), height, draw)),
    );
    const erased = logicalAnd(chosenImages(images, factor, draw), inside);
    const noise = typeof fill_value === 'number' ? fill_value : Array.isArray(fill_value) ? constantRow(images.graph, fill_value) : mul(draw([0, 1], images.shape, 'normal'), value_range[1]);
    const filling = clipped(broadcastTo(add(noise, mul(images, 0)), images.shape), value_range);
    return where(erased, filling, images);
  },
});

type Bounds = readonly [from: Value, to: Value];

/** Where a side of the rectangle lies on an axis; `share` [batch, 1] is its length. */
function bounds(share: Value, size: number, draw: Draw): Bounds {
  const length = mul(share, size);
  const from = mul(draw([0, 1]), sub(size, length));
  return [from, add(from, length)];
}

/** The place of each pixel on an axis, as a tensor of the rank of images. */
function place({ graph, shape }: Value, axis: number): Value {
  const size = shape[axis] ?? 1;
  return graph.constant(floatTensor([1, axis === 1 ? size : 1, axis === 2 ? size : 1, 1], Float32Array.from({ length: size }, (_, at) => at)));
}

function between(at: Value, [from, to]: Bounds): Value {
  const spread = (bound: Value): Value => reshape(bound, [bound.shape[0] ?? 1, 1, 1, 1]);
  return logicalAnd(greaterEqual(at, spread(from)), greater(spread(to), at));
}
