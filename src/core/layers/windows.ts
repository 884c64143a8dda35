import { SurgeryError } from '../errors';
import type { Value } from '../ops/graph';
import { convOutputSize, samePadding, type Padding } from '../ops/padding';
import { transpose } from '../ops/transpose';
import type { DataFormat } from './config';
import type { KerasShape } from './layer';
import { showKerasShape } from './shapes';

/** A window that slides over the spatial axes. Every list holds one entry for each of them. */
export interface Window {
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
  /** `causal` pads in front only, so that no place sees what comes after it. */
  readonly padding: 'valid' | 'same' | 'causal';
}

/** Zeros before and after each spatial axis; `sizes` are those of the input. */
export function paddingOf(window: Window, sizes: readonly number[]): Padding[] {
  return sizes.map((size, axis) => {
    const [reach, stride, dilation] = along(window, axis);
    if (window.padding === 'causal') return [(reach - 1) * dilation, 0];
    return window.padding === 'valid' ? [0, 0] : samePadding(size, reach, stride, dilation);
  });
}

function along({ size, strides, dilation }: Window, axis: number): [window: number, stride: number, dilation: number] {
  return [size[axis] ?? 1, strides[axis] ?? 1, dilation[axis] ?? 1];
}

/**
 * The shape that a window leaves: `[batch, ...spatial, channels]` or, channels first, `[batch, channels, ...spatial]`.
 * Free axes stay free. Throws `shape-mismatch` where the window is larger than the input.
 */
export function windowShape(window: Window, input: KerasShape, format: DataFormat, channels: number | null): KerasShape {
  const first = format === 'channels_first';
  const spatial = first ? input.slice(2) : input.slice(1, -1);
  const sizes = spatial.map((size, axis) => (size === null ? null : outputSize(window, size, axis)));
  if (sizes.some((size) => size !== null && size <= 0)) {
    throw new SurgeryError('shape-mismatch', 'A window is larger than the image it slides over.', {
      expected: `an image of at least ${window.size.join(' x ')}`,
      received: showKerasShape(input),
    });
  }
  const batch = input[0] ?? null;
  return first ? [batch, channels, ...sizes] : [batch, ...sizes, channels];
}

function outputSize(window: Window, size: number, axis: number): number {
  const [before, after] = paddingOf(window, windowAt(window, size, axis))[axis] ?? [0, 0];
  return convOutputSize(size, ...along(window, axis), [before, after]);
}

/** Sizes of which only the one on `axis` matters. */
function windowAt(window: Window, size: number, axis: number): number[] {
  return window.size.map((other, index) => (index === axis ? size : other));
}

/** Runs a channels-last function on a tensor of either format and gives its result in that format. */
export function inChannelsLast(x: Value, format: DataFormat, run: (x: Value) => Value): Value {
  if (format === 'channels_last') return run(x);
  const rank = x.shape.length;
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const last = transpose(x, [0, ...axes.slice(2), 1]);
  return transpose(run(last), [0, rank - 1, ...axes.slice(1, -1)]);
}

/** The sizes between batch and channels of a channels-last tensor. */
export function spatialSizes(x: Value): readonly number[] {
  return x.shape.slice(1, -1);
}
