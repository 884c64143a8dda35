import type { Shape } from '../../core/ops/shape';

/** `last`: as the program has it. `first`: the last axis stands right after axis 0; for rank 3 and more. */
export type Layout = 'first' | 'last';

/** The permutation [0, rank-1, 1, 2, …]. */
export function toFirst(rank: number): number[] {
  return [0, rank - 1, ...axesBetween(rank)];
}

/** The permutation [0, 2, 3, …, 1]. */
export function toLast(rank: number): number[] {
  return [0, ...axesBetween(rank).map((axis) => axis + 1), 1];
}

/** 1, 2, … rank-2: the spatial axes of a channels-last tensor. */
function axesBetween(rank: number): number[] {
  return Array.from({ length: rank - 2 }, (_, i) => i + 1);
}

/** A list with one entry per axis, in the order of `first`. */
export function moved<T>(entries: readonly T[]): T[] {
  return [entries[0], entries[entries.length - 1], ...entries.slice(1, -1)];
}

/** Where an axis of the program stands in a layout. */
export function axisIn(layout: Layout, axis: number, rank: number): number {
  if (layout === 'last' || axis === 0) return axis;
  return axis === rank - 1 ? 1 : axis + 1;
}

/** Whether moving the channels keeps the elements in their order: one channel, or one place. */
export function isTrivialMove(shape: Shape): boolean {
  return shape.length < 3 || shape[shape.length - 1] === 1 || shape.slice(1, -1).every((dim) => dim === 1);
}
