import { SurgeryError } from '../errors';
import type { Weight } from '../model/model';
import { floatTensor, sizeOf, type StoredDType, type Tensor } from '../model/tensor';

interface Codec {
  /** bytes */
  readonly size: number;
  readonly read: (view: DataView, offset: number) => number;
  readonly write: (view: DataView, offset: number, value: number) => void;
}

const LITTLE = true;

const codecs: Readonly<Record<StoredDType, Codec>> = {
  float32: { size: 4, read: (view, at) => view.getFloat32(at, LITTLE), write: (view, at, value) => view.setFloat32(at, value, LITTLE) },
  float64: { size: 8, read: (view, at) => view.getFloat64(at, LITTLE), write: (view, at, value) => view.setFloat64(at, value, LITTLE) },
  float16: { size: 2, read: (view, at) => fromHalf(view.getUint16(at, LITTLE)), write: (view, at, value) => view.setUint16(at, toHalf(value), LITTLE) },
  bfloat16: { size: 2, read: (view, at) => fromBrain(view.getUint16(at, LITTLE)), write: (view, at, value) => view.setUint16(at, toBrain(value), LITTLE) },
  int8: { size: 1, read: (view, at) => view.getInt8(at), write: (view, at, value) => view.setInt8(at, within(value, -128, 127)) },
  int16: { size: 2, read: (view, at) => view.getInt16(at, LITTLE), write: (view, at, value) => view.setInt16(at, within(value, -32768, 32767), LITTLE) },
  int32: { size: 4, read: (view, at) => view.getInt32(at, LITTLE), write: (view, at, value) => view.setInt32(at, within(value, -(2 ** 31), 2 ** 31 - 1), LITTLE) },
  int64: { size: 8, read: (view, at) => Number(view.getBigInt64(at, LITTLE)), write: (view, at, value) => view.setBigInt64(at, BigInt.asIntN(64, wide(value)), LITTLE) },
  uint8: { size: 1, read: (view, at) => view.getUint8(at), write: (view, at, value) => view.setUint8(at, within(value, 0, 255)) },
  uint16: { size: 2, read: (view, at) => view.getUint16(at, LITTLE), write: (view, at, value) => view.setUint16(at, within(value, 0, 65535), LITTLE) },
  uint32: { size: 4, read: (view, at) => view.getUint32(at, LITTLE), write: (view, at, value) => view.setUint32(at, within(value, 0, 2 ** 32 - 1), LITTLE) },
  uint64: { size: 8, read: (view, at) => Number(view.getBigUint64(at, LITTLE)), write: (view, at, value) => view.setBigUint64(at, BigInt.asUintN(64, wide(Math.max(0, value))), LITTLE) },
  bool: { size: 1, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1), write: (view, at, value) => view.setUint8(at, value === 0 ? 0 : 1) },
};

/** Bytes of one stored element. */
export function bytesPerElement(dtype: StoredDType): number {
  return codecs[dtype].size;
}

/**
 * A stored weight as a float32 tensor, its own copy. Exact for float16, bfloat16, bool and integers up to 2^24; float64 and larger
 * integers are rounded to the nearest float32. Throws `weight-mismatch` where the bytes do not fill the shape.
 */
export function decodeWeight(weight: Weight): Tensor {
  const numbers = decodeNumbers(weight);
  return floatTensor(weight.shape, numbers instanceof Float32Array ? numbers : Float32Array.from(numbers));
}

/** The elements in full precision, a copy: what statistics are taken of. Throws `weight-mismatch`. */
export function decodeNumbers({ name, shape, dtype, bytes }: Pick<Weight, 'name' | 'shape' | 'dtype' | 'bytes'>): Float32Array | Float64Array {
  const count = sizeOf(shape);
  const { size } = codecs[dtype];
  if (bytes.byteLength !== count * size) {
    throw new SurgeryError('weight-mismatch', `The bytes of the weight ${name} do not fill its shape.`, {
      expected: `${count * size} bytes for [${shape.join(', ')}] of ${dtype}`,
      received: `${bytes.byteLength} bytes`,
      where: name,
    });
  }
  return numbersOf(dtype, bytes);
}

/** `count` elements from `start` on, in the order of the file. Of a weight that lies in its file only these are read. */
export function numbersIn(weight: Weight, start: number, count: number): Float32Array | Float64Array {
  return numbersOf(weight.dtype, bytesIn(weight, start, count));
}

/** The stored bytes of the same. */
export function bytesIn(weight: Weight, start: number, count: number): Uint8Array {
  const { size } = codecs[weight.dtype];
  return weight.part ? weight.part(start * size, count * size) : weight.bytes.subarray(start * size, (start + count) * size);
}

const hostIsLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function numbersOf(dtype: StoredDType, bytes: Uint8Array): Float32Array | Float64Array {
  if (hostIsLittle && (dtype === 'float32' || dtype === 'float64')) {
    const { buffer } = bytes.slice();
    return dtype === 'float32' ? new Float32Array(buffer) : new Float64Array(buffer);
  }
  const { size, read } = codecs[dtype];
  const count = bytes.byteLength / size;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers = dtype === 'float64' ? new Float64Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = read(view, i * size);
  return numbers;
}

/**
 * Numbers as stored bytes, little endian. Floats are rounded to the nearest, ties to even, and overflow to infinity;
 * integers are rounded towards zero and held within their range. Encoding what was decoded gives the same bytes for every
 * float type but float64.
 */
export function encodeNumbers(dtype: StoredDType, numbers: ArrayLike<number>): Uint8Array {
  const { size, write } = codecs[dtype];
  const bytes = new Uint8Array(numbers.length * size);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < numbers.length; i++) write(view, i * size, numbers[i]);
  return bytes;
}

function within(value: number, low: number, high: number): number {
  return Number.isNaN(value) ? 0 : Math.trunc(Math.min(high, Math.max(low, value)));
}

function wide(value: number): bigint {
  return BigInt(within(value, -(2 ** 63), 2 ** 63 - 1024));
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

function bitsOf(value: number): number {
  single[0] = value;
  return singleBits[0];
}

function fromBrain(bits: number): number {
  singleBits[0] = bits << 16;
  return single[0];
}

/** The upper half of the float32, rounded to the nearest, ties to even. A NaN keeps a bit of its payload. */
function toBrain(value: number): number {
  const bits = bitsOf(value);
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function toHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  // 65520 is half way between the largest half and the next power of two.
  if (magnitude >= 65520) return sign | 0x7c00;
  // Below 2^-14 the step is 2^-24; a sum that carries runs into the exponent, as it should.
  if (magnitude < 2 ** -14) return sign | roundToEven(magnitude * 2 ** 24);
  const exponent = ((bitsOf(magnitude) >>> 23) & 0xff) - 127;
  return sign | (((exponent + 15) << 10) + roundToEven((magnitude / 2 ** exponent - 1) * 1024));
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
