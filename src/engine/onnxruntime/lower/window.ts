import type { ConvAttributes } from '../../../core/ops/conv';
import type { Padding } from '../../../core/ops/padding';
import type { PoolAttributes } from '../../../core/ops/pool';
import type { Shape } from '../../../core/ops/shape';
import type { OnnxAttributes } from '../onnxModel';

/** All that goes before, then all that goes after, as ONNX lists padding. */
export function padsOf(padding: readonly Padding[]): number[] {
  return [...padding.map(([before]) => before), ...padding.map(([, after]) => after)];
}

/** Attributes of Conv and ConvTranspose. `window`: size of the kernel on the spatial axes. */
export function convAttributes({ strides, padding, dilation, groups }: ConvAttributes, window: readonly number[]): OnnxAttributes {
  return { kernel_shape: window, strides, dilations: dilation, pads: padsOf(padding), group: groups };
}

/** Attributes of MaxPool and AveragePool. */
export function poolAttributes({ size, strides, padding }: PoolAttributes): OnnxAttributes {
  return { kernel_shape: size, strides, pads: padsOf(padding) };
}

/** Sizes on the spatial axes of [batch, ...spatial, channels]. */
export function spatialOf(shape: Shape): readonly number[] {
  return shape.slice(1, -1);
}

/** Sizes on the window axes of a kernel [...window, channels, filters]. */
export function windowOf(kernel: Shape): readonly number[] {
  return kernel.slice(0, -2);
}
