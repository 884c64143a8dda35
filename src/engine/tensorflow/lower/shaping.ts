import type { BroadcastToAttributes } from '../../../core/ops/broadcastTo';
import type { ConcatAttributes } from '../../../core/ops/concat';
import type { OneHotAttributes } from '../../../core/ops/oneHot';
import type { PadAttributes } from '../../../core/ops/pad';
import type { ReshapeAttributes } from '../../../core/ops/reshape';
import type { SliceAttributes } from '../../../core/ops/slice';
import type { SplitAttributes } from '../../../core/ops/split';
import type { TransposeAttributes } from '../../../core/ops/transpose';
import type { Lower } from '../lowering';

export const reshape: Lower<ReshapeAttributes> = ({ inputs: [x], attributes: { shape } }, lowering) => [lowering.reshape(lowering.name(x), shape)];

export const transpose: Lower<TransposeAttributes> = ({ inputs: [x], attributes: { permutation } }, lowering) => [
  lowering.writer.op('Transpose', [lowering.name(x), lowering.writer.ints(...permutation)]),
];

/** Left to whoever needs it whole; an elementwise operation does not. */
export const broadcastTo: Lower<BroadcastToAttributes> = ({ inputs: [x], attributes: { shape } }, lowering) => [
  { source: x, make: () => lowering.writer.op('BroadcastTo', [lowering.name(x), lowering.dims(shape)]) },
];

export const concat: Lower<ConcatAttributes> = ({ inputs, attributes: { axis } }, lowering) => [
  lowering.writer.op('ConcatV2', [...inputs.map((value) => lowering.name(value)), lowering.writer.int(axis)]),
];

export const split: Lower<SplitAttributes> = ({ inputs: [x], attributes: { axis, sizes } }, lowering) => {
  const { writer } = lowering;
  return writer.ops('SplitV', [lowering.name(x), writer.ints(...sizes), writer.int(axis)], { num_split: sizes.length });
};

export const slice: Lower<SliceAttributes> = ({ inputs: [x], attributes }, lowering) => [lowering.cut(lowering.name(x), attributes.axis, attributes)];

export const pad: Lower<PadAttributes> = ({ inputs: [x], attributes: { padding, value } }, lowering) => {
  const { writer } = lowering;
  const filler = lowering.dtype(x) === 'int32' ? writer.int(value) : writer.float(value);
  const pairs = writer.constant('int32', [padding.length, 2], Int32Array.from(padding.flat()));
  return [writer.op('PadV2', [lowering.name(x), pairs, filler])];
};

export const oneHot: Lower<OneHotAttributes> = ({ inputs: [indices], attributes: { depth } }, lowering) => {
  const { writer } = lowering;
  return [writer.op('OneHot', [lowering.name(indices), writer.int(depth), writer.float(1), writer.float(0)])];
};

export const batchSize: Lower = ({ inputs: [x] }, lowering) => [
  lowering.writer.op('Cast', [lowering.sizeOfAxis(lowering.name(x), 0)], { DstT: { type: 'float32' } }),
];
