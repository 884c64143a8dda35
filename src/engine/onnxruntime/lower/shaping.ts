import type { BroadcastToAttributes } from '../../../core/ops/broadcastTo';
import type { ConcatAttributes } from '../../../core/ops/concat';
import type { OneHotAttributes } from '../../../core/ops/oneHot';
import type { PadAttributes } from '../../../core/ops/pad';
import type { ReshapeAttributes } from '../../../core/ops/reshape';
import type { Dim, Shape } from '../../../core/ops/shape';
import type { SliceAttributes } from '../../../core/ops/slice';
import type { SplitAttributes } from '../../../core/ops/split';
import type { TransposeAttributes } from '../../../core/ops/transpose';
import type { Name } from '../graphWriter';
import { axisIn, type Layout, moved } from '../layout';
import { type Lower, type Lowering, reshapeDims } from '../lowering';
import { dtypeNumbers } from '../onnxModel';
import { cheapestLayout } from './elementwise';

export const reshape: Lower<ReshapeAttributes> = ({ inputs: [x], attributes: { shape } }, lowering) => [
  { name: lowering.writer.reshape(lowering.last(x), reshapeDims(shape)), layout: 'last' },
];

export const transpose: Lower<TransposeAttributes> = ({ inputs: [x], attributes: { permutation } }, lowering) => {
  const layout = lowering.layoutOf(x);
  const physical = permutation.map((axis) => axisIn(layout, axis, permutation.length));
  return [{ name: lowering.writer.transpose(lowering.form(x, layout), physical), layout: 'last' }];
};

/** Left to whoever needs it whole; an elementwise operation does not. */
export const broadcastTo: Lower<BroadcastToAttributes> = ({ inputs: [x], attributes: { shape } }, lowering) => [
  { source: x, make: (layout) => expand(x, shape, { layout, lowering }) },
];

function expand(x: number, shape: Shape, { layout, lowering }: { layout: Layout; lowering: Lowering }): Name {
  const own = lowering.shape(x);
  const padded = [...new Array<number>(shape.length - own.length).fill(1), ...own];
  // ONNX' Expand broadcasts both ways: an axis that is there already is asked for as 1.
  const wanted = shape.map((dim, axis) => (dim === padded[axis] ? 1 : dim));
  const { writer } = lowering;
  if (layout === 'last') return writer.op('Expand', [lowering.last(x), dimList(wanted, lowering)]);
  const source = own.length === shape.length ? lowering.first(x) : spreadFirst(x, padded, lowering);
  return writer.op('Expand', [source, dimList(moved(wanted), lowering)]);
}

/** A value of lower rank, with ones in front and the channels after the batch. */
function spreadFirst(x: number, padded: Shape, lowering: Lowering): Name {
  const { writer } = lowering;
  return writer.transpose(writer.reshape(lowering.last(x), reshapeDims(padded)), moved(padded.map((_, axis) => axis)));
}

/** Dimensions as an int64 list, batch multiples as they are when the graph runs. */
export function dimList(dims: readonly Dim[], lowering: Lowering): Name {
  const { writer } = lowering;
  if (dims.every((dim) => dim >= 0)) return writer.ints(...dims);
  return writer.op('Concat', dims.map((dim) => lowering.dim(dim)), { axis: 0 });
}

export const concat: Lower<ConcatAttributes> = ({ inputs, outputs, attributes: { axis } }, lowering) => {
  const shape = lowering.shape(outputs[0]);
  const layout = cheapestLayout(inputs, shape, lowering);
  const names = inputs.map((value) => lowering.form(value, layout));
  return [{ name: lowering.writer.op('Concat', names, { axis: axisIn(layout, axis, shape.length) }), layout }];
};

export const split: Lower<SplitAttributes> = ({ inputs: [x], attributes: { axis, sizes } }, lowering) => {
  const layout = lowering.layoutOf(x);
  const { writer } = lowering;
  const physical = axisIn(layout, axis, lowering.shape(x).length);
  const parts = writer.ops('Split', [lowering.form(x, layout), writer.ints(...sizes)], { attributes: { axis: physical }, outputs: sizes.length });
  return parts.map((name) => ({ name, layout }));
};

export const slice: Lower<SliceAttributes> = ({ inputs: [x], attributes: { axis, start, end, step } }, lowering) => {
  const layout = lowering.layoutOf(x);
  const { writer } = lowering;
  const bounds = [start, end, axisIn(layout, axis, lowering.shape(x).length), step].map((number) => writer.ints(number));
  return [{ name: writer.op('Slice', [lowering.form(x, layout), ...bounds]), layout }];
};

/**
 * onnxruntime takes zeros around what a pooling reads for padding of the pooling's own, which never is a maximum and does not
 * count in a mean: negative numbers at the border came out wrong. The smallest number that is no zero keeps the two apart.
 */
const ALMOST_ZERO = -1.1754943508222875e-38;

function fillerOf(value: number, padded: number, lowering: Lowering): number {
  const pooled = lowering.program.nodes.some(({ op, inputs }) => (op === 'maxPool' || op === 'maxPoolGrad' || op === 'avgPool') && inputs[0] === padded);
  return value === 0 && pooled ? ALMOST_ZERO : value;
}

export const pad: Lower<PadAttributes> = ({ inputs: [x], outputs: [y], attributes: { padding, value } }, lowering) => {
  const layout = lowering.layoutOf(x);
  const { writer } = lowering;
  const ordered = layout === 'first' ? moved(padding) : padding;
  const pads = writer.ints(...ordered.map(([before]) => before), ...ordered.map(([, after]) => after));
  const filler = lowering.type(x).dtype === 'int32' ? writer.op('Cast', [writer.float(value)], { to: dtypeNumbers.int32 }) : writer.float(fillerOf(value, y, lowering));
  return [{ name: writer.op('Pad', [lowering.form(x, layout), pads, filler], { mode: 'constant' }), layout }];
};

/** By comparison with 0, 1, 2, …: ONNX' OneHot would count negative indices from the end. */
export const oneHot: Lower<OneHotAttributes> = ({ inputs: [indices], attributes: { depth } }, lowering) => {
  const { writer } = lowering;
  const column = writer.reshape(lowering.last(indices), reshapeDims([...lowering.shape(indices), 1]));
  const classes = writer.constant('int32', [depth], Int32Array.from({ length: depth }, (_, i) => i));
  return [{ name: writer.op('Cast', [writer.op('Equal', [column, classes])], { to: dtypeNumbers.float32 }), layout: 'last' }];
};

export const batchSize: Lower = ({ inputs: [x] }, lowering) => {
  const { writer } = lowering;
  const size = writer.op('Shape', [lowering.form(x, lowering.layoutOf(x))], { start: 0, end: 1 });
  return [{ name: writer.reshape(writer.op('Cast', [size], { to: dtypeNumbers.float32 }), []), layout: 'last' }];
};
