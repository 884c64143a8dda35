import type { ConvAttributes, ConvFilterGradAttributes, ConvInputGradAttributes } from '../../../core/ops/conv';
import type { Shape } from '../../../core/ops/shape';
import type { GraphAttributes } from '../graphDef';
import type { Name } from '../graphWriter';
import type { Lower, Lowering } from '../lowering';
import type { GraphOp } from '../opTypes';
import { stretched, stretchedSizes, unstretched } from './stretch';
import { atLeastPlanar, isSame, padded, paddingAttributes, perAxis, planar, planarShape, spatialOf, unpadded, unplanar, type Window } from './window';

/** How TensorFlow does a convolution. */
interface ConvPlan {
  readonly window: Window;
  readonly groups: number;
  /** [...window, channels / groups, filters], two or three window axes. */
  readonly kernelShape: Shape;
  readonly form: 'plain' | 'depthwise' | 'solid';
  /** What TensorFlow calls SAME. */
  readonly same: boolean;
}

/** The operators of each form: forward, gradient by the input, gradient by the kernel. */
const forms: Readonly<Record<ConvPlan['form'], readonly [GraphOp, GraphOp, GraphOp]>> = {
  plain: ['Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter'],
  depthwise: ['DepthwiseConv2dNative', 'DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter'],
  solid: ['Conv3D', 'Conv3DBackpropInputV2', 'Conv3DBackpropFilterV2'],
};

function planOf(kernelShape: Shape, input: Shape, { strides, padding, dilation, groups }: ConvAttributes): ConvPlan {
  const window = atLeastPlanar({ size: kernelShape.slice(0, -2), strides, padding, dilation });
  const [channels, filters] = kernelShape.slice(-2);
  const alone = groups > 1 && channels === 1 && window.strides[0] === window.strides[1];
  const form = window.size.length === 3 ? 'solid' : alone ? 'depthwise' : 'plain';
  const same = isSame(window, spatialOf(planarShape(input)));
  return { window, groups, kernelShape: [...window.size, channels, filters], form, same };
}

export const conv: Lower<ConvAttributes> = ({ inputs: [x, kernel], outputs: [y], attributes }, lowering) => {
  const plan = planOf(lowering.shape(kernel), lowering.shape(x), attributes);
  const [op] = forms[plan.form];
  // The plain form has dilation of its own, on this way only.
  const native = plan.form === 'plain';
  const filters = native ? planarKernel(kernel, plan, lowering) : stretchedKernel(kernel, plan, lowering);
  const image = padOutside(planar(x, lowering), plan, lowering);
  const name = perGroup(plan, lowering, (group) =>
    lowering.writer.op(op, [channelsOf(image, plan, group, lowering), filtersOf(filters, plan, group, lowering)], attributesOf(plan, native)));
  return [unplanar(name, lowering.shape(y), lowering)];
};

export const convInputGrad: Lower<ConvInputGradAttributes> = ({ inputs: [dy, kernel], attributes }, lowering) => {
  const { inputShape } = attributes;
  const plan = planOf(lowering.shape(kernel), inputShape, attributes);
  const { form, window: { padding }, groups } = plan;
  const [, op] = forms[form];
  const outside = form === 'solid' ? padding : padding.map(() => [0, 0] as const);
  const planarInput = planarShape(inputShape);
  const channels = planarInput[planarInput.length - 1] / (form === 'depthwise' ? 1 : groups);
  const sizes = spatialOf(planarInput).map((size, i) => size + outside[i][0] + outside[i][1]);
  const shape = lowering.dims([planarInput[0], ...sizes, channels]);
  const filters = stretchedKernel(kernel, plan, lowering);
  const slopes = planar(dy, lowering);
  const whole = perGroup(plan, lowering, (group) =>
    lowering.writer.op(op, [shape, filtersOf(filters, plan, group, lowering), filtersOf(slopes, plan, group, lowering)], attributesOf(plan)));
  return [unplanar(unpadded(whole, outside, { sizes: spatialOf(planarInput), lowering }), inputShape, lowering)];
};

export const convFilterGrad: Lower<ConvFilterGradAttributes> = ({ inputs: [x, dy], attributes: { kernelShape, ...attributes } }, lowering) => {
  const plan = planOf(kernelShape, lowering.shape(x), attributes);
  const [, , op] = forms[plan.form];
  const sizes = [...stretchedSizes(plan.window), ...(plan.form === 'depthwise' ? depthwiseEnds(plan) : [plan.kernelShape.at(-2)!, plan.kernelShape.at(-1)! / plan.groups])];
  const shape = lowering.writer.ints(...sizes);
  const image = padOutside(planar(x, lowering), plan, lowering);
  const slopes = planar(dy, lowering);
  const whole = perGroup(plan, lowering, (group) =>
    lowering.writer.op(op, [channelsOf(image, plan, group, lowering), shape, filtersOf(slopes, plan, group, lowering)], attributesOf(plan)));
  const gradient = unstretched(whole, plan.window.dilation, lowering);
  const asIs = plan.form !== 'depthwise' && kernelShape.length === plan.kernelShape.length;
  return [asIs ? gradient : lowering.reshape(gradient, kernelShape)];
};

function attributesOf({ form, same, window: { strides, padding, dilation } }: ConvPlan, dilates = false): GraphAttributes {
  const pads: GraphAttributes = form === 'solid' ? { padding: 'VALID' } : same ? { padding: 'SAME' } : paddingAttributes(padding);
  return { strides: perAxis(strides), ...pads, ...(dilates ? { dilations: perAxis(dilation) } : {}) };
}

/** TensorFlow's Conv3D pads in two ways only: the input is padded before. */
function padOutside(name: Name, { form, window: { padding } }: ConvPlan, lowering: Lowering): Name {
  return form === 'solid' ? padded(name, padding, { filler: 0, lowering }) : name;
}

function planarKernel(kernel: number, { kernelShape }: ConvPlan, lowering: Lowering): Name {
  const name = lowering.name(kernel);
  return lowering.shape(kernel).length === kernelShape.length ? name : lowering.reshape(name, kernelShape);
}

function stretchedKernel(kernel: number, plan: ConvPlan, lowering: Lowering): Name {
  const shape = plan.form === 'depthwise' ? [...plan.window.size, ...depthwiseEnds(plan)] : plan.kernelShape;
  const name = plan.form === 'depthwise' ? lowering.reshape(lowering.name(kernel), shape) : planarKernel(kernel, plan, lowering);
  return stretched(name, shape, { dilation: plan.window.dilation, lowering });
}

/** [channels, multiplier]: the same elements as [1, channels * multiplier]. */
function depthwiseEnds({ kernelShape, groups }: ConvPlan): Shape {
  return [groups, kernelShape[kernelShape.length - 1] / groups];
}

/** Joins what is made for each group: on a processor only the depthwise operators have groups. */
function perGroup({ groups, form, kernelShape }: ConvPlan, { writer }: Lowering, make: (group: number | undefined) => Name): Name {
  if (groups === 1 || form === 'depthwise') return make(undefined);
  return writer.op('ConcatV2', [...Array.from({ length: groups }, (_, group) => make(group)), writer.int(kernelShape.length - 1)]);
}

/** The input's channels of one group; all where none is named. */
function channelsOf(name: Name, { kernelShape }: ConvPlan, group: number | undefined, lowering: Lowering): Name {
  return partOf(name, { axis: kernelShape.length - 1, width: kernelShape[kernelShape.length - 2] }, group, lowering);
}

/** The filters of one group, of a kernel or of a gradient of the output. */
function filtersOf(name: Name, { kernelShape, groups }: ConvPlan, group: number | undefined, lowering: Lowering): Name {
  return partOf(name, { axis: kernelShape.length - 1, width: kernelShape[kernelShape.length - 1] / groups }, group, lowering);
}

function partOf(name: Name, { axis, width }: { axis: number; width: number }, group: number | undefined, lowering: Lowering): Name {
  return group === undefined ? name : lowering.cut(name, axis, { start: group * width, end: (group + 1) * width });
}
