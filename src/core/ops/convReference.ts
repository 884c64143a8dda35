import type { ConvAttributes } from './conv';
import type { NumericTensor } from './definition';
import { forEachTap } from './spatial';
import { elementCount } from './strides';

/** The three tensors of a convolution; one of them is being computed. */
interface ConvTensors {
  readonly x: NumericTensor;
  /** [...window, channels / groups, filters] */
  readonly kernel: NumericTensor;
  readonly y: NumericTensor;
}

/** Where one filter of one tap at one place finds its channels: `k` steps by `filters` from channel to channel. */
type FilterVisitor = (x: number, kernel: number, y: number) => void;

/** Visits each filter of each tap of each place of each sample, with offsets into the three tensors. */
function forEachFilter({ x, kernel, y }: ConvTensors, attributes: ConvAttributes, visit: FilterVisitor): void {
  const last = x.shape.length - 1;
  const channels = x.shape[last];
  const filters = y.shape[last];
  const depth = channels / attributes.groups;
  const perGroup = filters / attributes.groups;
  const window = { ...attributes, size: kernel.shape.slice(0, -2) };
  const spatial = x.shape.slice(1, -1);
  const places = y.shape.slice(1, -1);
  for (let sample = 0; sample < x.shape[0]; sample++) {
    const xStart = sample * elementCount(spatial) * channels;
    const yStart = sample * elementCount(places) * filters;
    forEachTap(spatial, places, window, (inside, place, tap) => {
      for (let filter = 0; filter < filters; filter++) {
        const group = Math.floor(filter / perGroup);
        visit(xStart + inside * channels + group * depth, tap * depth * filters + filter, yStart + place * filters + filter);
      }
    });
  }
}

function zeros(shape: readonly number[]): NumericTensor {
  return { shape, data: new Float64Array(elementCount(shape)) };
}

/** [batch, ...places, filters] */
export function convReference(x: NumericTensor, kernel: NumericTensor, attributes: ConvAttributes, outputShape: readonly number[]): NumericTensor {
  const y = zeros(outputShape);
  const [depth, filters] = kernel.shape.slice(-2);
  forEachFilter({ x, kernel, y }, attributes, (atX, atKernel, atY) => {
    let total = 0;
    for (let c = 0; c < depth; c++) total += x.data[atX + c] * kernel.data[atKernel + c * filters];
    y.data[atY] += total;
  });
  return y;
}

/** Gradient by the input, of shape `inputShape`. */
export function inputGradReference(dy: NumericTensor, kernel: NumericTensor, attributes: ConvAttributes, inputShape: readonly number[]): NumericTensor {
  const x = zeros(inputShape);
  const [depth, filters] = kernel.shape.slice(-2);
  forEachFilter({ x, kernel, y: dy }, attributes, (atX, atKernel, atY) => {
    for (let c = 0; c < depth; c++) x.data[atX + c] += dy.data[atY] * kernel.data[atKernel + c * filters];
  });
  return x;
}

/** Gradient by the kernel, of shape `kernelShape`. */
export function filterGradReference(x: NumericTensor, dy: NumericTensor, attributes: ConvAttributes, kernelShape: readonly number[]): NumericTensor {
  const kernel = zeros(kernelShape);
  const [depth, filters] = kernelShape.slice(-2);
  forEachFilter({ x, kernel, y: dy }, attributes, (atX, atKernel, atY) => {
    for (let c = 0; c < depth; c++) kernel.data[atKernel + c * filters] += x.data[atX + c] * dy.data[atY];
  });
  return kernel;
}
