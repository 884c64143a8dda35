import { z } from 'zod';

const size = z.int().nonnegative();

/** Before and after one axis; one number stands for both. */
const onOneAxis = z.union([size.transform((n): readonly [number, number] => [n, n]), z.tuple([size, size])]);

export type Sides = readonly (readonly [number, number])[];

/** What is added or taken before and after each of `rank` spatial axes: one number for all, or one entry for each axis. */
export function sides(rank: number): z.ZodType<Sides> {
  if (rank === 1) return onOneAxis.transform((one): Sides => [one]);
  return z.union([size.transform((n): Sides => new Array<readonly [number, number]>(rank).fill([n, n])), z.array(onOneAxis).length(rank)]);
}

/** With nothing on the batch axis and the channels. */
export function onAllAxes(around: Sides, format: 'channels_last' | 'channels_first'): Sides {
  return format === 'channels_first' ? [[0, 0], [0, 0], ...around] : [[0, 0], ...around, [0, 0]];
}
