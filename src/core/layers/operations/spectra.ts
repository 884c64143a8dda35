import { floatTensor } from '../../model/tensor';
import { add, mul, sub } from '../../ops/binary';
import type { Value } from '../../ops/graph';
import { matmul } from '../../ops/matmul';
import { pad } from '../../ops/pad';
import { reshape } from '../../ops/reshape';
import { showShape } from '../../ops/shape';
import { slice } from '../../ops/slice';
import { neg } from '../../ops/unary';
import { moveAxis, pick } from './axes';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

/** A complex tensor. */
interface Complex {
  readonly real: Value;
  readonly imaginary: Value;
}

/** Transforms are products with a matrix of sines and cosines: as long as a frame, not as a recording. */
const LONGEST = 4096;

function pairOf(call: OperationCall): Complex {
  const parts = call.tensors('x');
  if (parts.length !== 2) throw call.refuse('another number of tensors than two', 'x');
  const [real, imaginary] = parts;
  return { real, imaginary };
}

/** [from, to]: cosines and sines of 2 pi i j / length. */
function waves(call: OperationCall, length: number, [from, to]: readonly [number, number]): { readonly cosines: Value; readonly sines: Value } {
  if (length > LONGEST) throw call.refuse(`a length above ${LONGEST}`, String(length));
  const table = (of: (angle: number) => number): Value => {
    const data = Float32Array.from({ length: from * to }, (_, index) => of((2 * Math.PI * ((Math.floor(index / to) * (index % to)) % length)) / length));
    return call.graph.constant(floatTensor([from, to], data));
  };
  return { cosines: table(Math.cos), sines: table(Math.sin) };
}

/** Along the last axis; `sign` -1 forward, 1 backward, without the division. */
function transformed(call: OperationCall, { real, imaginary }: Complex, sign: 1 | -1): Complex {
  const size = fixedLast(call, real);
  const { cosines, sines } = waves(call, size, [size, size]);
  const [rc, rs, ic, is] = [product(real, cosines), product(real, sines), product(imaginary, cosines), product(imaginary, sines)];
  return sign === -1 ? { real: add(rc, is), imaginary: sub(ic, rs) } : { real: sub(rc, is), imaginary: add(ic, rs) };
}

function product(x: Value, matrix: Value): Value {
  return x.shape.length === 1 ? reshape(matmul(reshape(x, [1, ...x.shape]), matrix), [matrix.shape[1] ?? 1]) : matmul(x, matrix);
}

function fixedLast(call: OperationCall, x: Value): number {
  const size = x.shape.at(-1) ?? -1;
  if (size < 1) throw call.refuse('the axis of the batch', showShape(x.shape));
  return size;
}

function ofPlane(call: OperationCall, sign: 1 | -1): readonly Value[] {
  const rows = transformed(call, pairOf(call), sign);
  const rank = rows.real.shape.length;
  const turn = (x: Complex): Complex => ({ real: moveAxis(x.real, rank - 2, rank - 1), imaginary: moveAxis(x.imaginary, rank - 2, rank - 1) });
  const { real, imaginary } = turn(transformed(call, turn(rows), sign));
  if (sign === -1) return [real, imaginary];
  const share = 1 / ((real.shape.at(-1) ?? 1) * (real.shape.at(-2) ?? 1));
  return [mul(real, share), mul(imaginary, share)];
}

/** Cut or filled with zeros at the end of the last axis. */
function fitted(x: Value, length: number): Value {
  const axis = x.shape.length - 1;
  const size = x.shape[axis] ?? 1;
  return size >= length ? slice(x, axis, 0, length) : pad(x, x.shape.map((_, own) => [0, own === axis ? length - size : 0]));
}

/** The half of a real signal's transform that says all. */
function realTransform(call: OperationCall, x: Value, length: number): readonly Value[] {
  const { cosines, sines } = waves(call, length, [length, Math.floor(length / 2) + 1]);
  const signal = fitted(x, length);
  return [product(signal, cosines), neg(product(signal, sines))];
}

/** The real signal whose half transform is given: places between the ends stand for two. */
function realInverse(call: OperationCall): Value {
  const { real, imaginary } = pairOf(call);
  const length = call.number('fft_length', 2 * (fixedLast(call, real) - 1));
  const half = Math.floor(length / 2) + 1;
  const { cosines, sines } = waves(call, length, [half, length]);
  const counts = Float32Array.from({ length: half }, (_, index) => (index === 0 || 2 * index === length ? 1 : 2) / length);
  const weights = call.graph.constant(floatTensor([half], counts));
  const [a, b] = [mul(fitted(real, half), weights), mul(fitted(imaginary, half), weights)];
  return sub(product(a, cosines), product(b, sines));
}

/** Transforms of frames under a window. */
function shortTime(call: OperationCall): readonly Value[] {
  const x = call.float('x');
  const [length, stride, size] = [call.number('sequence_length'), call.number('sequence_stride'), call.number('fft_length')];
  const around = call.plain('center') === false ? 0 : Math.floor(size / 2);
  const axis = x.shape.length - 1;
  const known = fixedLast(call, x);
  const total = known + 2 * around;
  if (total < size || around >= known) throw call.refuse('a signal shorter than a frame', showShape(x.shape));
  const mirrored = (index: number): number => (index < 0 ? -index : index >= known ? 2 * known - 2 - index : index);
  const count = 1 + Math.floor((total - size) / stride);
  const places = Array.from({ length: count * size }, (_, index) => mirrored(Math.floor(index / size) * stride + (index % size) - around));
  const frames = reshape(pick(x, axis, places), [...x.shape.slice(0, -1), count, size]);
  const left = Math.floor((size - length) / 2);
  const weights = windowOf(call, length);
  const window = Float32Array.from({ length: size }, (_, index) => (weights ? (weights[index - left] ?? 0) : 1));
  return realTransform(call, mul(frames, x.graph.constant(floatTensor([size], window))), size);
}

/** Frames under the inverse of the window that made them (Griffin and Lim 1984, equation 7), laid over one another. */
function fromShortTime(call: OperationCall): Value {
  const [length, stride, size] = [call.number('sequence_length'), call.number('sequence_stride'), call.number('fft_length')];
  const frames = realInverse(call);
  const [count = 1, own = size] = frames.shape.slice(-2);
  if (count < 0 || own !== size) throw call.refuse('frames of another length than fft_length', showShape(frames.shape));
  const weighed = mul(frames, call.graph.constant(floatTensor([size], Float32Array.from(inverseWindow(call, { length, stride, size })))));
  const whole = size + stride * (count - 1);
  const axis = frames.shape.length - 2;
  const laid = Array.from({ length: count }, (_, index) => {
    const frame = reshape(slice(weighed, axis, index, index + 1), [...frames.shape.slice(0, -2), size]);
    return pad(frame, frame.shape.map((_dim, own_) => (own_ === axis ? [index * stride, whole - size - index * stride] : [0, 0])));
  });
  const signal = laid.reduce((a, b) => add(a, b));
  const centred = call.plain('center') !== false;
  const start = centred ? Math.floor(size / 2) : 0;
  const end = call.has('length') ? Math.min(whole, start + call.number('length')) : centred ? whole - Math.floor(size / 2) : whole;
  return slice(signal, axis, start, end);
}

function inverseWindow(call: OperationCall, { length, stride, size }: { readonly length: number; readonly stride: number; readonly size: number }): number[] {
  const weights = windowOf(call, length);
  const left = Math.floor((size - length) / 2);
  if (!weights) return new Array<number>(size).fill(1);
  const window = Array.from({ length: size }, (_, index) => weights[index - left] ?? 0);
  const totals = Array.from({ length: stride }, (_, place) => window.filter((_weight, index) => index % stride === place).reduce((sum, weight) => sum + weight * weight, 0));
  return window.map((weight, index) => (totals[index % stride] === 0 ? 0 : weight / totals[index % stride]));
}

/** Undefined for none. */
function windowOf(call: OperationCall, length: number): readonly number[] | undefined {
  const given = call.plain('window');
  if (given === undefined) return undefined;
  if (Array.isArray(given) && given.length === length) return given.map(Number);
  if (given !== 'hann' && given !== 'hamming') throw call.refuse(`window as ${JSON.stringify(given)}`, JSON.stringify(given));
  const [high, low] = given === 'hann' ? [0.5, 0.5] : [0.54, 0.46];
  return Array.from({ length }, (_, index) => high - low * Math.cos((2 * Math.PI * index) / length));
}

export const spectralOperations: readonly KerasOperation[] = [
  { className: 'FFT', parameters: ['x'], apply: (call) => {
    const { real, imaginary } = transformed(call, pairOf(call), -1);
    return [real, imaginary];
  } },
  { className: 'FFT2', parameters: ['x'], apply: (call) => ofPlane(call, -1) },
  { className: 'IFFT2', parameters: ['x'], apply: (call) => ofPlane(call, 1) },
  { className: 'RFFT', parameters: ['x'], apply: (call) => realTransform(call, call.float('x'), call.number('fft_length', fixedLast(call, call.tensor('x')))) },
  { className: 'IRFFT', parameters: ['x'], apply: realInverse },
  { className: 'STFT', parameters: ['x'], apply: shortTime },
  { className: 'ISTFT', parameters: ['x'], apply: fromShortTime },
];
