import type { ConvAttributes, ConvInputGradAttributes } from '../../../core/ops/conv';
import type { Shape } from '../../../core/ops/shape';
import { BEGINNING, type Name } from '../graphWriter';
import type { Lower, Lowering, LoweringNode } from '../lowering';
import { convAttributes, padsOf, spatialOf, windowOf } from './window';

export const conv: Lower<ConvAttributes> = (node, lowering) => [{ name: convolve(node, lowering), layout: 'first' }];

/** The output of a conv node, channels first, plus a bias per filter where one is given. */
export function convolve({ inputs: [x, kernel], attributes }: LoweringNode<ConvAttributes>, lowering: Lowering, bias?: Name): Name {
  const window = windowOf(lowering.shape(kernel));
  const names = [lowering.first(x), filtersFirst(kernel, lowering)];
  return lowering.writer.op('Conv', bias === undefined ? names : [...names, bias], convAttributes(attributes, window));
}

/** [...window, channels / groups, filters] -> [filters, channels / groups, ...window] */
function filtersFirst(kernel: number, lowering: Lowering): Name {
  const spatial = lowering.shape(kernel).length - 2;
  return lowering.writer.transpose(lowering.last(kernel), [spatial + 1, spatial, ...axesTo(spatial)]);
}

function axesTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Stride 1: a convolution with the flipped kernel, which onnxruntime runs faster than ConvTranspose. */
export const convInputGrad: Lower<ConvInputGradAttributes> = ({ inputs: [dy, kernel], attributes }, lowering) => {
  const shape = lowering.shape(kernel);
  const reach = windowOf(shape).map((size, i) => (size - 1) * attributes.dilation[i]);
  const plain = attributes.strides.every((stride) => stride === 1);
  const inside = attributes.padding.every(([before, after], i) => before <= reach[i] && after <= reach[i]);
  const name = plain && inside ? flippedConv({ dy, kernel, reach, attributes }, lowering) : transposedConv({ dy, kernel, reach, attributes }, lowering);
  return [{ name, layout: 'first' }];
};

interface InputGrad {
  readonly dy: number;
  readonly kernel: number;
  /** From the first tap of the window to its last, on each spatial axis. */
  readonly reach: readonly number[];
  readonly attributes: ConvInputGradAttributes;
}

function flippedConv({ dy, kernel, reach, attributes }: InputGrad, lowering: Lowering): Name {
  const padding = attributes.padding.map(([before, after], i) => [reach[i] - before, reach[i] - after] as const);
  const names = [lowering.first(dy), flippedKernel(kernel, attributes.groups, lowering)];
  return lowering.writer.op('Conv', names, convAttributes({ ...attributes, padding }, windowOf(lowering.shape(kernel))));
}

/** [...window, channels / groups, filters] -> [channels, filters / groups, ...window], the window turned round. */
function flippedKernel(kernel: number, groups: number, lowering: Lowering): Name {
  const { writer } = lowering;
  const shape = lowering.shape(kernel);
  const window = windowOf(shape);
  const spatial = window.length;
  const [channels, filters] = shape.slice(-2);
  const turned = turn(lowering.last(kernel), window, lowering);
  if (groups === 1) return writer.transpose(turned, [spatial, spatial + 1, ...axesTo(spatial)]);
  const split = writer.reshape(turned, [...window, channels, groups, filters / groups]);
  const ordered = writer.transpose(split, [spatial + 1, spatial, spatial + 2, ...axesTo(spatial)]);
  return writer.reshape(ordered, [channels * groups, filters / groups, ...window]);
}

/** Reverses the first axes. */
function turn(name: Name, window: Shape, { writer }: Lowering): Name {
  const axes = axesTo(window.length).filter((axis) => window[axis] > 1);
  if (axes.length === 0) return name;
  const each = (value: number): Name => writer.ints(...axes.map(() => value));
  return writer.op('Slice', [name, each(-1), each(BEGINNING), writer.ints(...axes), each(-1)]);
}

function transposedConv({ dy, kernel, reach, attributes }: InputGrad, lowering: Lowering): Name {
  const { strides, padding, dilation, groups, inputShape } = attributes;
  const places = spatialOf(lowering.shape(dy));
  // What the window's last place did not reach.
  const rest = spatialOf(inputShape).map((size, i) => size + padding[i][0] + padding[i][1] - ((places[i] - 1) * strides[i] + reach[i] + 1));
  return lowering.writer.op('ConvTranspose', [lowering.first(dy), filtersFirst(kernel, lowering)], {
    kernel_shape: windowOf(lowering.shape(kernel)),
    strides,
    dilations: dilation,
    pads: padsOf(padding),
    output_padding: rest,
    group: groups,
  });
}
