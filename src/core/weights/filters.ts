import { SurgeryError } from '../errors';
import type { Weight } from '../model/model';
import { numbersIn } from './decode';
import { rangeOf } from './slice';

/** Which pictures of a convolution's kernel are wanted. */
export interface FilterRequest {
  /** One plane of each filter; null: the first three planes as red, green and blue. */
  readonly channel: number | null;
  /** The first filter. */
  readonly from: number;
  /** Most filters. */
  readonly most: number;
}

/** Filters of a kernel `[height, width, planes, filters]` as pictures. */
export interface FilterImages {
  readonly height: number;
  readonly width: number;
  /** How many planes and filters the kernel has. */
  readonly planes: number;
  readonly filters: number;
  readonly from: number;
  /** How many pictures there are. */
  readonly count: number;
  /** 1, or 3 where planes are colours. */
  readonly depth: number;
  /** `[count, height, width, depth]` */
  readonly values: Float32Array;
  readonly min: number;
  readonly max: number;
}

/** pixels of one side; what is larger is no filter that could be seen at a glance */
const mostSide = 64;

/** Throws `usage` where the weight is no kernel of a convolution over images, or has no such plane or filter. */
export function filterImages(weight: Weight, { channel, from, most }: FilterRequest): FilterImages {
  const [height, width, planes, filters] = requireKernel(weight);
  const wanted = channel === null ? [0, 1, 2] : [channel];
  if (wanted.some((plane) => plane >= planes) || from >= Math.max(1, filters)) {
    throw new SurgeryError('usage', 'The kernel has no such plane or filter.', { expected: `planes below ${planes}, filters below ${filters}`, received: `plane ${wanted.at(-1) ?? ''}, filter ${from}`, where: weight.name });
  }
  const count = Math.min(most, filters - from);
  const depth = wanted.length;
  const values = new Float32Array(count * height * width * depth);
  for (let pixel = 0; pixel < height * width; pixel++) {
    wanted.forEach((plane, color) => {
      const line = numbersIn(weight, (pixel * planes + plane) * filters + from, count);
      for (let filter = 0; filter < count; filter++) values[(filter * height * width + pixel) * depth + color] = line[filter];
    });
  }
  return { height, width, planes, filters, from, count, depth, values, ...rangeOf(values) };
}

/** Whether a weight of this shape can be shown as filters. */
export function hasFilters(shape: readonly number[]): boolean {
  return shape.length === 4 && shape[0] <= mostSide && shape[1] <= mostSide && shape.every((size) => size > 0);
}

function requireKernel({ name, shape }: Weight): readonly number[] {
  if (hasFilters(shape)) return shape;
  throw new SurgeryError('usage', 'The weight is no kernel of a convolution over images.', { expected: `[height, width, planes, filters] with sides up to ${mostSide}`, received: `[${shape.join(', ')}]`, where: name });
}
