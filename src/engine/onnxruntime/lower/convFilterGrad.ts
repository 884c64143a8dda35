import type { ConvFilterGradAttributes } from '../../../core/ops/conv';
import type { Shape } from '../../../core/ops/shape';
import { sizeOfShape } from '../../../core/ops/shape';
import { GraphWriter, type Name } from '../graphWriter';
import type { Lower, Lowering } from '../lowering';
import { padsOf, spatialOf, windowOf } from './window';

/** With so few input channels the columns of a window are short and the swapped convolution is faster. */
const FEW_CHANNELS = 4;

interface FilterGrad {
  readonly x: number;
  readonly dy: number;
  readonly attributes: ConvFilterGradAttributes;
}

/**
 * d(loss)/d(kernel), by the form that was measured to be fastest: one product where the window is one element, a convolution
 * with batch and channels swapped where it is strided or has few channels, else a loop over the batch that adds up products
 * with the columns of all windows. All give [...window, channels / groups, filters].
 */
export const convFilterGrad: Lower<ConvFilterGradAttributes> = ({ inputs: [x, dy], attributes }, lowering) => {
  const { strides, padding, groups, kernelShape } = attributes;
  const grad = { x, dy, attributes };
  const single = sizeOfShape(windowOf(kernelShape)) === 1;
  const strided = strides.some((stride) => stride > 1);
  const channels = kernelShape[kernelShape.length - 2];
  if (groups === 1 && single && !strided && padding.flat().every((size) => size === 0)) {
    return [{ name: byRows(grad, lowering), layout: 'last' }];
  }
  const swap = groups === 1 && (strided || channels <= FEW_CHANNELS);
  return [{ name: swap ? bySwap(grad, lowering) : byColumns(grad, lowering), layout: 'last' }];
};

/** x^T dy over all places of all samples. */
function byRows({ x, dy, attributes: { kernelShape } }: FilterGrad, lowering: Lowering): Name {
  const { writer } = lowering;
  const rows = (value: number): Name => writer.reshape(lowering.last(value), [-1, lowering.shape(value)[lowering.shape(value).length - 1]]);
  const product = writer.op('Gemm', [rows(x), rows(dy)], { transA: 1 });
  return writer.reshape(product, kernelShape);
}

/** x as a batch of its channels, dy as a kernel: what was a stride dilates it, what was a dilation is its stride. */
function bySwap({ x, dy, attributes }: FilterGrad, lowering: Lowering): Name {
  const { writer } = lowering;
  const { strides, padding, dilation, kernelShape } = attributes;
  const window = windowOf(kernelShape);
  const axes = window.map((_, i) => i + 2);
  const swapped = (value: number): Name => writer.transpose(lowering.first(value), [1, 0, ...axes]);
  const correlated = writer.op('Conv', [swapped(x), swapped(dy)], {
    kernel_shape: spatialOf(lowering.shape(dy)),
    strides: dilation,
    dilations: strides,
    pads: padsOf(padding),
  });
  const cut = writer.op('Slice', [correlated, writer.ints(...window.map(() => 0)), writer.ints(...window), writer.ints(...axes)]);
  return writer.transpose(cut, [...axes, 0, 1]);
}

/** Adds, sample by sample, columns [groups, taps * channels / groups, places] times dy^T [groups, places, filters / groups]. */
function byColumns(grad: FilterGrad, lowering: Lowering): Name {
  const { writer } = lowering;
  const { groups, kernelShape } = grad.attributes;
  const taps = sizeOfShape(windowOf(kernelShape));
  const [channels, filters] = kernelShape.slice(-2);
  const total: Shape = groups === 1 ? [taps * channels, filters] : [groups, taps * channels, filters / groups];
  const start = writer.op('ConstantOfShape', [writer.ints(...total)]);
  const body = columnsBody(grad, { total, writer, lowering });
  const sum = writer.op('Scan', [start, lowering.first(grad.x), lowering.first(grad.dy)], { body: { graph: body }, num_scan_inputs: 2 });
  if (groups === 1) return writer.reshape(sum, kernelShape);
  const ordered = writer.transpose(writer.reshape(sum, [groups, taps, channels, filters / groups]), [1, 2, 0, 3]);
  return writer.reshape(ordered, kernelShape);
}

function columnsBody({ x, dy, attributes }: FilterGrad, { total, writer, lowering }: { total: Shape; writer: GraphWriter; lowering: Lowering }): ReturnType<GraphWriter['finish']> {
  const { padding, groups, kernelShape } = attributes;
  const body = new GraphWriter(writer);
  const sample = (value: number): number[] => {
    const shape = lowering.shape(value);
    return [shape[shape.length - 1], ...spatialOf(shape)];
  };
  const sum = body.input('float32', total);
  const image = body.input('float32', sample(x));
  const slope = body.input('float32', sample(dy));
  const padded = padding.flat().every((size) => size === 0)
    ? image
    : body.op('Pad', [image, body.ints(0, ...padding.map(([before]) => before), 0, ...padding.map(([, after]) => after))]);
  const places = spatialOf(lowering.shape(dy));
  const channels = kernelShape[kernelShape.length - 2];
  const split = groups === 1 ? [] : [groups];
  const taps = tapsOf(windowOf(kernelShape)).map((tap) => {
    const cut = cutTap(body, padded, { tap, places, attributes });
    return groups === 1 ? cut : body.reshape(cut, [groups, channels, ...places]);
  });
  const joined = taps.length === 1 ? taps[0] : body.op('Concat', taps, { axis: split.length });
  const columns = body.reshape(joined, [...split, taps.length * channels, sizeOfShape(places)]);
  const rows = body.reshape(slope, [...split, kernelShape[kernelShape.length - 1] / groups, sizeOfShape(places)]);
  const next = groups === 1
    ? body.op('Gemm', [columns, rows, sum], { transB: 1 })
    : body.op('Add', [body.op('FusedMatMul', [columns, rows], { transB: 1 }), sum]);
  return body.finish([{ name: next, dtype: 'float32', dims: total }], true);
}

/** The elements that one tap of the window sees, [channels, ...places] of a padded sample [channels, ...spatial]. */
function cutTap(body: GraphWriter, padded: Name, { tap, places, attributes: { strides, dilation } }: { tap: readonly number[]; places: readonly number[]; attributes: ConvFilterGradAttributes }): Name {
  const start = tap.map((index, i) => index * dilation[i]);
  const end = start.map((from, i) => from + (places[i] - 1) * strides[i] + 1);
  const axes = tap.map((_, i) => i + 1);
  return body.op('Slice', [padded, body.ints(...start), body.ints(...end), body.ints(...axes), body.ints(...strides)]);
}

/** All taps of a window in row-major order. */
function tapsOf(window: readonly number[]): number[][] {
  return window.reduce<number[][]>((taps, size) => taps.flatMap((tap) => Array.from({ length: size }, (_, i) => [...tap, i])), [[]]);
}
