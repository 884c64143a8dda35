import type { Padding } from './padding';

/** A window that slides over up to three spatial axes of a channels-last tensor. */
export interface SlidingWindow {
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly padding: readonly Padding[];
  readonly dilation: readonly number[];
}

/**
 * One place of the window and one tap in it that falls inside the tensor. `inside` and `outside` count spatial elements of the
 * big tensor (what the window slides over) and of the small one (one per place); `tap` counts taps in row-major order.
 */
export type TapVisitor = (inside: number, outside: number, tap: number) => void;

/** Three numbers; missing axes go in front. */
function three(numbers: readonly number[], missing: number): [number, number, number] {
  return [...new Array<number>(3 - numbers.length).fill(missing), ...numbers] as [number, number, number];
}

/** Visits, place by place and tap by tap in row-major order, all taps inside the tensor. `big`, `small`: spatial sizes. */
export function forEachTap(big: readonly number[], small: readonly number[], window: SlidingWindow, visit: TapVisitor): void {
  const sizes = three(big, 1);
  const places = three(small, 1);
  const taps = three(window.size, 1);
  const strides = three(window.strides, 1);
  const dilation = three(window.dilation, 1);
  const before = three(window.padding.map(([front]) => front), 0);
  const first = [0, 0, 0];
  for (let place = 0; place < places[0] * places[1] * places[2]; place++) {
    first[2] = (place % places[2]) * strides[2] - before[2];
    first[1] = (Math.floor(place / places[2]) % places[1]) * strides[1] - before[1];
    first[0] = Math.floor(place / (places[2] * places[1])) * strides[0] - before[0];
    for (let tap = 0; tap < taps[0] * taps[1] * taps[2]; tap++) {
      const x = first[2] + (tap % taps[2]) * dilation[2];
      const y = first[1] + (Math.floor(tap / taps[2]) % taps[1]) * dilation[1];
      const z = first[0] + Math.floor(tap / (taps[2] * taps[1])) * dilation[0];
      const inside = x >= 0 && x < sizes[2] && y >= 0 && y < sizes[1] && z >= 0 && z < sizes[0];
      if (inside) visit((z * sizes[1] + y) * sizes[2] + x, place, tap);
    }
  }
}
