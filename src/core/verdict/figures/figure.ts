/** What a shape stands for; style sheets give it its look, so that it fits every theme and prints. */
export type ShapeRole =
  | 'axis' | 'grid' | 'label' | 'zero' | 'threshold' | 'better' | 'worse' | 'tie' | 'mean' | 'interval'
  | 'arm-0' | 'arm-1' | 'arm-2' | 'arm-3' | 'band-0' | 'band-1' | 'band-2' | 'band-3';

type Point = readonly [x: number, y: number];

export type Shape =
  | { readonly kind: 'line'; readonly role: ShapeRole; readonly from: Point; readonly to: Point; /** Pointed at, it says this. */ readonly title?: string }
  | { readonly kind: 'circle'; readonly role: ShapeRole; readonly at: Point; readonly radius: number; readonly title?: string }
  | { readonly kind: 'path'; readonly role: ShapeRole; readonly points: readonly Point[]; readonly closed: boolean }
  | { readonly kind: 'text'; readonly role: ShapeRole; readonly at: Point; readonly text: string; readonly anchor: 'start' | 'middle' | 'end' };

/** A drawing as plain data: pages make elements of it, reports text. px */
export interface Figure {
  readonly name: string;
  /** The picture in words. */
  readonly label: string;
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
}

/** Maps numbers onto pixels. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** A scale over round numbers around all values, from pixel `from` to pixel `to`. */
export function scaleOver(values: readonly number[], from: number, to: number): Scale {
  const finite = values.filter(Number.isFinite);
  const least = finite.length === 0 ? 0 : finite.reduce((low, value) => Math.min(low, value), Infinity);
  const most = finite.length === 0 ? 1 : finite.reduce((high, value) => Math.max(high, value), -Infinity);
  const span = most - least || Math.abs(most) || 1;
  const step = roundStep(span / 5);
  // What cannot be negative has no axis below zero.
  const low = least >= 0 ? Math.max(0, roundDown(least - 0.02 * span, step)) : roundDown(least - 0.02 * span, step);
  const high = most <= 0 && least < 0 ? Math.min(0, -roundDown(-most - 0.02 * span, step)) : -roundDown(-most - 0.02 * span, step);
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, index) => Number((low + index * step).toPrecision(12)));
  return { low, high, ticks, at: (value) => from + ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * (to - from) };
}

function roundDown(value: number, step: number): number {
  return Math.floor(value / step) * step;
}

/** 1, 2 or 5 times a power of ten. */
function roundStep(about: number): number {
  const power = 10 ** Math.floor(Math.log10(about));
  const fitting = [1, 2, 5, 10].find((factor) => factor * power >= about) ?? 10;
  return fitting * power;
}

/** A horizontal axis with its ticks, and its name in the middle below them. */
export function axisBelow(scale: Scale, y: number, name: string, show: (value: number) => string): Shape[] {
  const [left, right] = [scale.at(scale.low), scale.at(scale.high)];
  return [
    { kind: 'line', role: 'axis', from: [left, y], to: [right, y] },
    ...scale.ticks.flatMap((tick): Shape[] => [
      { kind: 'line', role: 'axis', from: [scale.at(tick), y], to: [scale.at(tick), y + 4] },
      { kind: 'text', role: 'label', at: [scale.at(tick), y + 17], text: show(tick), anchor: 'middle' },
    ]),
    { kind: 'text', role: 'label', at: [(left + right) / 2, y + 34], text: name, anchor: 'middle' },
  ];
}

/** A vertical axis with a grid to its right, and its name above. */
export function axisLeft(scale: Scale, { x, right, name, show }: { readonly x: number; readonly right: number; readonly name: string; readonly show: (value: number) => string }): Shape[] {
  return [
    ...scale.ticks.flatMap((tick): Shape[] => [
      { kind: 'line', role: 'grid', from: [x, scale.at(tick)], to: [right, scale.at(tick)] },
      { kind: 'text', role: 'label', at: [x - 6, scale.at(tick) + 4], text: show(tick), anchor: 'end' },
    ]),
    { kind: 'text', role: 'label', at: [x, scale.at(scale.high) - 10], text: name, anchor: 'start' },
  ];
}
