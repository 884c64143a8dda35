import type { ConvFilterGradAttributes } from '../../../core/ops/conv';
import type { Shape } from '../../../core/ops/shape';
import { sizeOfShape } from '../../../core/ops/shape';
import { GraphWriter, type Name } from '../graphWriter';
import type { Lower, Lowering } from '../lowering';
import type { OnnxGraph } from '../onnxModel';
import { padsOf, spatialOf, windowOf } from './window';

/** With so few input channels the columns of a window are short and the swapped convolution is faster. */
const FEW_CHANNELS = 4;

/** With so few places a product of matrices for each sample costs more than its numbers; one for each channel of it even with more. */
const FEW_PLACES = 30;
const FEW_OF_A_CHANNEL = 150;

interface FilterGrad {
  readonly x: number;
  readonly dy: number;
  readonly attributes: ConvFilterGradAttributes;
}

/**
 * d(loss)/d(kernel), by the form that was measured to be fastest: one product where the window is one element and places are few, a convolution
 * with batch and channels swapped where it is strided or has few channels, sums for each tap where a depthwise kernel has few
 * places, else a loop over the batch that adds up products with the columns of all windows. All give [...window, channels / groups, filters].
 */
export const convFilterGrad: Lower<ConvFilterGradAttributes> = ({ inputs: [x, dy], attributes }, lowering) => {
  const form = attributes.groups === 1 ? formOfOneGroup(attributes, spatialOf(lowering.shape(dy))) : formOfGroups(attributes, spatialOf(lowering.shape(dy)));
  return [{ name: form({ x, dy, attributes }, lowering), layout: 'last' }];
};

type Form = (grad: FilterGrad, lowering: Lowering) => Name;

function formOfOneGroup({ strides, padding, kernelShape }: ConvFilterGradAttributes, places: readonly number[]): Form {
  const strided = strides.some((stride) => stride > 1);
  if (sizeOfShape(windowOf(kernelShape)) === 1 && !strided && padding.flat().every((size) => size === 0)) return sizeOfShape(places) <= FEW_PLACES ? byRows : byColumns;
  return strided || kernelShape[kernelShape.length - 2] <= FEW_CHANNELS ? bySwap : byColumns;
}

function formOfGroups({ groups, kernelShape }: ConvFilterGradAttributes, places: readonly number[]): Form {
  const [channels, filters] = kernelShape.slice(-2);
  return channels === 1 && filters === groups && sizeOfShape(places) <= FEW_OF_A_CHANNEL ? byTaps : byColumns;
}

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

/** Depthwise: for each tap the sum over samples and places of what it sees times dy. */
function byTaps({ x, dy, attributes }: FilterGrad, lowering: Lowering): Name {
  const { writer } = lowering;
  const places = spatialOf(lowering.shape(dy));
  const { padding, kernelShape } = attributes;
  const pads = writer.ints(0, 0, ...padding.map(([before]) => before), 0, 0, ...padding.map(([, after]) => after));
  const padded = padding.flat().every((size) => size === 0) ? lowering.first(x) : writer.op('Pad', [lowering.first(x), pads]);
  const slope = lowering.first(dy);
  const over = writer.ints(0, ...places.map((_, i) => i + 2));
  const sums = tapsOf(writer, padded, { places, attributes }).map((seen) => writer.op('ReduceSum', [writer.op('Mul', [seen, slope]), over], { keepdims: 0 }));
  return writer.reshape(writer.op('Concat', sums, { axis: 0 }), kernelShape);
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

function columnsBody({ x, dy, attributes }: FilterGrad, { total, writer, lowering }: { total: Shape; writer: GraphWriter; lowering: Lowering }): OnnxGraph {
  const { groups, kernelShape } = attributes;
  const body = new GraphWriter(writer);
  const sum = body.input('float32', total);
  const image = body.input('float32', sampleShape(x, lowering));
  const slope = body.input('float32', sampleShape(dy, lowering));
  const places = spatialOf(lowering.shape(dy));
  const taps = sizeOfShape(windowOf(kernelShape));
  const [channels, filters] = kernelShape.slice(-2);
  const split = groups === 1 ? [] : [groups];
  const padded = padSample(body, image, attributes);
  const grouped = groups === 1 ? padded : body.reshape(padded, [groups, channels, ...paddedSizes(spatialOf(lowering.shape(x)), attributes)]);
  const rows = body.reshape(slope, [...split, filters / groups, sizeOfShape(places)]);
  if (groups > 1 && channels === 1) {
    const products = tapsOf(body, grouped, { places, attributes }).map((seen) =>
      body.op('FusedMatMul', [body.reshape(seen, [groups, 1, sizeOfShape(places)]), rows], { transB: 1 }));
    const next = body.op('Add', [products.length === 1 ? products[0] : body.op('Concat', products, { axis: 1 }), sum]);
    return body.finish([{ name: next, dtype: 'float32', dims: total }], true);
  }
  const columns = body.reshape(unfold(body, grouped, { places, attributes }), [...split, taps * channels, sizeOfShape(places)]);
  const next = groups === 1
    ? body.op('Gemm', [columns, rows, sum], { transB: 1 })
    : body.op('Add', [body.op('FusedMatMul', [columns, rows], { transB: 1 }), sum]);
  return body.finish([{ name: next, dtype: 'float32', dims: total }], true);
}

/** [channels, ...spatial]: one sample as the loop hands it over. */
function sampleShape(value: number, lowering: Lowering): number[] {
  const shape = lowering.shape(value);
  return [shape[shape.length - 1], ...spatialOf(shape)];
}

function paddedSizes(sizes: readonly number[], { padding }: ConvFilterGradAttributes): number[] {
  return sizes.map((size, i) => size + padding[i][0] + padding[i][1]);
}

function padSample(body: GraphWriter, image: Name, { padding }: ConvFilterGradAttributes): Name {
  if (padding.flat().every((size) => size === 0)) return image;
  return body.op('Pad', [image, body.ints(0, ...padding.map(([before]) => before), 0, ...padding.map(([, after]) => after))]);
}

/**
 * What each tap of the window sees: [channels, ...padded] -> [taps * channels, ...places], taps in row-major order; with the groups
 * in front where there are any. Axis by axis from the last, so that all cuts but the first copy whole rows.
 */
function unfold(body: GraphWriter, image: Name, { places, attributes }: { places: readonly number[]; attributes: ConvFilterGradAttributes }): Name {
  const { strides, dilation, groups, kernelShape } = attributes;
  const channelAxis = groups === 1 ? 0 : 1;
  return windowOf(kernelShape).reduceRight((seen: Name, size, i) => {
    if (size === 1 && strides[i] === 1) return seen;
    const cuts = Array.from({ length: size }, (_, tap) => {
      const start = tap * dilation[i];
      const bounds = [start, start + (places[i] - 1) * strides[i] + 1, channelAxis + 1 + i, strides[i]];
      return body.op('Slice', [seen, ...bounds.map((bound) => body.ints(bound))]);
    });
    return cuts.length === 1 ? cuts[0] : body.op('Concat', cuts, { axis: channelAxis });
  }, image);
}

/** What each tap of the window sees, one after the other in row-major order: [.., .., ...padded] -> [.., .., ...places]. */
function tapsOf(body: GraphWriter, image: Name, { places, attributes }: { places: readonly number[]; attributes: ConvFilterGradAttributes }): Name[] {
  const { strides, dilation, kernelShape } = attributes;
  const window = windowOf(kernelShape);
  const axes = window.map((_, i) => i + 2);
  return Array.from({ length: sizeOfShape(window) }, (_, tap) => {
    const place = window.map((size, i) => Math.floor(tap / sizeOfShape(window.slice(i + 1))) % size);
    const starts = place.map((at, i) => at * dilation[i]);
    const ends = starts.map((start, i) => start + (places[i] - 1) * strides[i] + 1);
    return body.op('Slice', [image, body.ints(...starts), body.ints(...ends), body.ints(...axes), body.ints(...strides)]);
  });
}
