import type { BatchNormAttributes } from '../../../core/ops/batchNorm';
import { type Dim, sizeOfShape } from '../../../core/ops/shape';
import type { Name } from '../graphWriter';
import type { Layout } from '../layout';
import type { Lower, Lowering } from '../lowering';
import { dtypeNumbers } from '../onnxModel';

/** Statistics by two passes, then ONNX' BatchNormalization of inference with them. */
export const batchNorm: Lower<BatchNormAttributes> = ({ inputs: [x, gamma, beta], attributes: { axis, epsilon } }, lowering) => {
  const { writer } = lowering;
  const view = channelView(x, axis, lowering);
  const image = view.take(x);
  const mean = view.average(image);
  const centred = view.centre(image, mean);
  const variance = view.average(writer.op('Mul', [centred, centred]));
  const y = writer.op('BatchNormalization', [image, lowering.last(gamma), lowering.last(beta), mean, variance], { epsilon: { float: epsilon } });
  return [{ name: view.put(y), layout: view.layout }, { name: mean, layout: 'last' }, { name: variance, layout: 'last' }];
};

/**
 * dx = gamma / s (dy - sum(dy) / n - (x - mean) / s * dgamma / n) with s = sqrt(variance + epsilon); all but the factor on dy is
 * one scale and shift of x - mean, which BatchNormalization does in one pass.
 */
export const batchNormGrad: Lower<BatchNormAttributes> = ({ inputs: [x, gamma, mean, variance, dy], attributes: { axis, epsilon } }, lowering) => {
  const { writer } = lowering;
  const view = channelView(x, axis, lowering);
  const slope = view.take(dy);
  const centred = view.centre(view.take(x), lowering.last(mean));
  const inverse = writer.op('Reciprocal', [writer.op('Sqrt', [writer.op('Add', [lowering.last(variance), writer.float(epsilon)])])]);
  const dBeta = view.total(slope);
  const dGamma = writer.op('Mul', [view.total(writer.op('Mul', [slope, centred])), inverse]);
  const factor = writer.op('Mul', [lowering.last(gamma), inverse]);
  const share = writer.op('Neg', [writer.op('Div', [factor, view.count()])]);
  const tilt = writer.op('Mul', [writer.op('Mul', [share, inverse]), dGamma]);
  const shift = writer.op('Mul', [share, dBeta]);
  const zeros = writer.table(`zeros ${view.channels}`, [view.channels], () => new Float32Array(view.channels));
  const ones = writer.table(`ones ${view.channels}`, [view.channels], () => new Float32Array(view.channels).fill(1));
  const correction = writer.op('BatchNormalization', [centred, tilt, shift, zeros, ones], { epsilon: { float: 0 } });
  const dx = writer.op('Add', [writer.op('Mul', [slope, view.spread(factor)]), correction]);
  return [{ name: view.put(dx), layout: view.layout }, { name: dGamma, layout: 'last' }, { name: dBeta, layout: 'last' }];
};

/** A tensor seen as [outer, channels, ...rest]. */
interface ChannelView {
  readonly channels: number;
  /** How what `put` gives lies. */
  readonly layout: Layout;
  take(value: number): Name;
  put(name: Name): Name;
  /** Means and sums over all axes but the channels', [channels]. */
  average(name: Name): Name;
  total(name: Name): Name;
  /** [channels] as it broadcasts against the view. */
  spread(vector: Name): Name;
  centre(name: Name, mean: Name): Name;
  /** How many elements each channel has, float32 without axes. */
  count(): Name;
}

function channelView(x: number, axis: number, lowering: Lowering): ChannelView {
  const { writer } = lowering;
  const shape = lowering.shape(x);
  const rank = shape.length;
  const layout: Layout = axis === rank - 1 && rank > 2 ? 'first' : 'last';
  // Axis 1 in that layout, or brought there by exchanging the two.
  const exchange = shape.map((_, own) => (own === 1 ? axis : own === axis ? 1 : own));
  const order = layout === 'first' || axis === 1 ? shape.map((_, own) => own) : exchange;
  const others = writer.ints(...shape.map((_, own) => own).filter((own) => own !== 1));
  const spread = (vector: Name): Name => writer.reshape(vector, [shape[axis], ...new Array<number>(rank - 2).fill(1)]);
  return {
    channels: shape[axis],
    layout,
    take: (value) => writer.transpose(lowering.form(value, layout), order),
    put: (name) => writer.transpose(name, order),
    average: (name) => writer.op('ReduceMean', [name, others], { keepdims: 0 }),
    total: (name) => writer.op('ReduceSum', [name, others], { keepdims: 0 }),
    spread,
    centre: (name, mean) => writer.op('Sub', [name, spread(mean)]),
    count: () => countOf(sizeOfShape(shape.filter((_, own) => own !== axis)), lowering),
  };
}

function countOf(size: Dim, lowering: Lowering): Name {
  const { writer } = lowering;
  if (size >= 0) return writer.float(size);
  return writer.reshape(writer.op('Cast', [lowering.dim(size)], { to: dtypeNumbers.float32 }), []);
}
