import type { BatchNormAttributes } from './batchNorm';
import type { NumericTensor } from './definition';
import { elementCount } from './strides';

/** Calls with each element's offset and channel. */
function forEachElement(shape: readonly number[], axis: number, visit: (at: number, channel: number) => void): void {
  const channels = shape[axis];
  const inner = elementCount(shape.slice(axis + 1));
  const count = elementCount(shape);
  for (let at = 0; at < count; at++) visit(at, Math.floor(at / inner) % channels);
}

function vector(data: Float64Array): NumericTensor {
  return { shape: [data.length], data };
}

/** [y, mean, variance] of [x, gamma, beta] */
export function batchNormReference([x, gamma, beta]: readonly NumericTensor[], { axis, epsilon }: BatchNormAttributes): NumericTensor[] {
  const { shape, data } = x;
  const channels = shape[axis];
  const count = data.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  const y = new Float64Array(data.length);
  forEachElement(shape, axis, (at, c) => (mean[c] += data[at] / count));
  forEachElement(shape, axis, (at, c) => (variance[c] += (data[at] - mean[c]) ** 2 / count));
  const scale = variance.map((value, c) => gamma.data[c] / Math.sqrt(value + epsilon));
  forEachElement(shape, axis, (at, c) => (y[at] = (data[at] - mean[c]) * scale[c] + beta.data[c]));
  return [{ shape, data: y }, vector(mean), vector(variance)];
}

/** [dx, dGamma, dBeta] of [x, gamma, mean, variance, dy]; Ioffe and Szegedy 2015, section 3. */
export function batchNormGradReference(inputs: readonly NumericTensor[], { axis, epsilon }: BatchNormAttributes): NumericTensor[] {
  const [{ shape, data }, gamma, mean, variance, dy] = inputs;
  const channels = shape[axis];
  const count = data.length / channels;
  const inverse = variance.data.map((value) => 1 / Math.sqrt(value + epsilon));
  const dGamma = new Float64Array(channels);
  const dBeta = new Float64Array(channels);
  const dx = new Float64Array(data.length);
  forEachElement(shape, axis, (at, c) => {
    dBeta[c] += dy.data[at];
    dGamma[c] += dy.data[at] * (data[at] - mean.data[c]) * inverse[c];
  });
  forEachElement(shape, axis, (at, c) => {
    const normalized = (data[at] - mean.data[c]) * inverse[c];
    dx[at] = gamma.data[c] * inverse[c] * (dy.data[at] - (dBeta[c] + normalized * dGamma[c]) / count);
  });
  return [{ shape, data: dx }, vector(dGamma), vector(dBeta)];
}
