import type { Padding } from '../../../core/ops/padding';
import type { Dim, Shape } from '../../../core/ops/shape';
import type { GraphAttributes } from '../graphDef';
import type { Name } from '../graphWriter';
import type { Lowering } from '../lowering';

/** One entry per spatial axis, two or three of them: TensorFlow has no windows along a single axis. */
export interface Window {
  /** Of the kernel or pool. */
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly padding: readonly Padding[];
  readonly dilation: readonly number[];
}

/** A window along one axis gets a second axis, of size 1, in front. */
export function atLeastPlanar(window: Window): Window {
  if (window.size.length > 1) return window;
  return { size: [1, ...window.size], strides: [1, ...window.strides], padding: [[0, 0], ...window.padding], dilation: [1, ...window.dilation] };
}

/** Sizes on the spatial axes of [batch, ...spatial, channels]. */
export function spatialOf(shape: Shape): readonly number[] {
  return shape.slice(1, -1);
}

/** [batch, length, channels] becomes [batch, 1, length, channels]; other shapes stay. */
export function planarShape(shape: Shape): Shape {
  return shape.length === 3 ? [shape[0], 1, shape[1], shape[2]] : shape;
}

export function planar(value: number, lowering: Lowering): Name {
  const shape = lowering.shape(value);
  return shape.length === 3 ? lowering.reshape(lowering.name(value), planarShape(shape)) : lowering.name(value);
}

/** The inverse of `planar`, for a result of this shape. */
export function unplanar(name: Name, shape: Shape, lowering: Lowering): Name {
  return shape.length === 3 ? lowering.reshape(name, shape) : name;
}

/** For each of TensorFlow's axes [batch, ...spatial, channels]. */
export function perAxis(numbers: readonly number[]): readonly number[] {
  return [1, ...numbers, 1];
}

/** The attributes `padding` and `explicit_paddings`. */
export function paddingAttributes(padding: readonly Padding[]): GraphAttributes {
  if (padding.every(([before, after]) => before + after === 0)) return { padding: 'VALID' };
  return { padding: 'EXPLICIT', explicit_paddings: [0, 0, ...padding.flat(), 0, 0] };
}

/** Whether this is what TensorFlow calls SAME, given the sizes of the input. */
export function isSame({ size, strides, padding, dilation }: Window, input: readonly number[]): boolean {
  return padding.every(([before, after], i) => {
    const reach = (size[i] - 1) * dilation[i] + 1;
    const total = Math.max(0, (Math.ceil(input[i] / strides[i]) - 1) * strides[i] + reach - input[i]);
    return before === Math.floor(total / 2) && before + after === total;
  });
}

/** The spatial axes with `filler` before and after, for operators that cannot pad as it is wanted. */
export function padded(name: Name, padding: readonly Padding[], { filler, lowering }: { filler: number; lowering: Lowering }): Name {
  if (padding.every(([before, after]) => before + after === 0)) return name;
  const { writer } = lowering;
  const pairs = writer.constant('int32', [padding.length + 2, 2], Int32Array.from([0, 0, ...padding.flat(), 0, 0]));
  return writer.op('PadV2', [name, pairs, writer.float(filler)]);
}

/** The inverse of `padded`: what lies in the middle, of these spatial sizes. */
export function unpadded(name: Name, padding: readonly Padding[], { sizes, lowering }: { sizes: readonly Dim[]; lowering: Lowering }): Name {
  if (padding.every(([before, after]) => before + after === 0)) return name;
  const { writer } = lowering;
  const start = [0, ...padding.map(([before]) => before), 0];
  const end = [0, ...padding.map(([before], i) => before + sizes[i]), 0];
  const whole = 1 + 2 ** (padding.length + 1);
  const bounds = [writer.ints(...start), writer.ints(...end), writer.ints(...start.map(() => 1))];
  return writer.op('StridedSlice', [name, ...bounds], { begin_mask: whole, end_mask: whole });
}
