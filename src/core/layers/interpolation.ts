/** Keras' names of the ways to resize an image. */
export const interpolationNames = ['nearest', 'bilinear', 'bicubic', 'lanczos3', 'lanczos5'] as const;

export type Interpolation = (typeof interpolationNames)[number];

export interface Interpolate {
  readonly interpolation: Interpolation;
  /** Smooths before it makes smaller. */
  readonly antialias: boolean;
}

/** A row-major matrix `[to, from]` of float64. */
export type Weights = Float64Array;

/**
 * What each of `to` places takes from each of `from` places on one axis, as `tf.image.resize` computes it: pixel centres lie at
 * half, and weights outside the image go to those inside (nearest, bilinear: to its edge; the others: shared out by their size).
 */
export function interpolationWeights(from: number, to: number, { interpolation, antialias }: Interpolate): Weights {
  if (from === to) return fill(from, to, (place) => [[place, 1]]);
  const scale = from / to;
  if (interpolation === 'nearest') return fill(from, to, (place) => [[Math.min(Math.floor((place + 0.5) * scale), from - 1), 1]]);
  if (antialias || interpolation.startsWith('lanczos')) {
    const kernel = kernels[interpolation];
    return fill(from, to, (place) => spanAt((place + 0.5) * scale, { from, kernel, widening: antialias ? Math.max(scale, 1) : 1 }));
  }
  const at = interpolation === 'bilinear' ? bilinearAt : bicubicAt;
  return fill(from, to, (place) => at((place + 0.5) * scale - 0.5, from));
}

type Tap = readonly [place: number, weight: number];

function fill(from: number, to: number, tapsOf: (place: number) => readonly Tap[]): Weights {
  const weights = new Float64Array(to * from);
  for (let place = 0; place < to; place++) {
    for (const [source, weight] of tapsOf(place)) weights[place * from + source] += weight;
  }
  return weights;
}

function bilinearAt(position: number, size: number): readonly Tap[] {
  const floor = Math.floor(position);
  const upper = position - floor;
  return [[Math.max(floor, 0), 1 - upper], [Math.min(Math.ceil(position), size - 1), upper]];
}

/** TensorFlow looks the weights up in a table of 1,024 steps. */
const TABLE_STEPS = 1024;

function bicubicAt(position: number, size: number): readonly Tap[] {
  const floor = Math.floor(position);
  const step = roundHalfToEven((position - floor) * TABLE_STEPS) / TABLE_STEPS;
  const taps = [-1, 0, 1, 2].map((offset): Tap => [floor + offset, kernels.bicubic.value(Math.abs(offset - step))]);
  return normalized(taps.filter(([place]) => place >= 0 && place < size));
}

function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

interface Kernel {
  readonly radius: number;
  /** At a distance from the centre. */
  readonly value: (distance: number) => number;
}

const kernels: Readonly<Record<Exclude<Interpolation, 'nearest'>, Kernel>> = {
  bilinear: { radius: 1, value: (x) => Math.max(0, 1 - x) },
  bicubic: { radius: 2, value: keysCubic },
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
};

/** Keys 1981, with the parameter -1/2. */
function keysCubic(x: number): number {
  if (x >= 2) return 0;
  return x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : (1.5 * x - 2.5) * x * x + 1;
}

function lanczos(radius: number): Kernel {
  const value = (x: number): number => {
    if (x > radius) return 0;
    return x <= 1e-3 ? 1 : (radius * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / radius)) / (Math.PI * x) ** 2;
  };
  return { radius, value };
}

/** All places within the kernel's reach of a position, as TensorFlow's ScaleAndTranslate chooses them. */
function spanAt(position: number, { from, kernel, widening }: { readonly from: number; readonly kernel: Kernel; readonly widening: number }): readonly Tap[] {
  const within = (place: number): number => Math.min(Math.max(place, 0), from - 1);
  const start = within(Math.ceil(position - kernel.radius * widening - 0.5));
  const end = within(Math.floor(position + kernel.radius * widening - 0.5));
  const places = Array.from({ length: end - start + 1 }, (_, index) => start + index);
  return normalized(places.map((place): Tap => [place, kernel.value(Math.abs(place + 0.5 - position) / widening)]));
}

function normalized(taps: readonly Tap[]): readonly Tap[] {
  const total = taps.reduce((sum, [, weight]) => sum + weight, 0);
  return total === 0 ? taps : taps.map(([place, weight]) => [place, weight / total]);
}
