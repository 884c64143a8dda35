import { SurgeryError } from '../errors';
import { sizeOf, type StoredDType } from '../model/tensor';
import { fromHalf } from '../weights/decode';
import type { ArrayData } from './dataSet';

/** An array of a data file, row-major, as it is held in memory. */
export interface NumberArray {
  readonly shape: readonly number[];
  /** As the file has it. */
  readonly dtype: StoredDType;
  readonly data: ArrayData;
  /** Texts: the numbers are places in this sorted list, which holds each text once. */
  readonly words?: readonly string[];
}

/** How the elements of an array are stored. */
export interface Layout {
  readonly shape: readonly number[];
  readonly dtype: StoredDType;
  readonly littleEndian: boolean;
}

interface Element {
  /** bytes */
  readonly size: number;
  readonly make: (count: number) => ArrayData;
  readonly read: (view: DataView, at: number, littleEndian: boolean) => number;
}

const elements: Readonly<Partial<Record<StoredDType, Element>>> = {
  bool: { size: 1, make: (count) => new Uint8Array(count), read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
  uint8: { size: 1, make: (count) => new Uint8Array(count), read: (view, at) => view.getUint8(at) },
  int8: { size: 1, make: (count) => new Int8Array(count), read: (view, at) => view.getInt8(at) },
  uint16: { size: 2, make: (count) => new Uint16Array(count), read: (view, at, little) => view.getUint16(at, little) },
  int16: { size: 2, make: (count) => new Int16Array(count), read: (view, at, little) => view.getInt16(at, little) },
  uint32: { size: 4, make: (count) => new Uint32Array(count), read: (view, at, little) => view.getUint32(at, little) },
  int32: { size: 4, make: (count) => new Int32Array(count), read: (view, at, little) => view.getInt32(at, little) },
  uint64: { size: 8, make: (count) => new Float64Array(count), read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  int64: { size: 8, make: (count) => new Float64Array(count), read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  float16: { size: 2, make: (count) => new Float32Array(count), read: (view, at, little) => fromHalf(view.getUint16(at, little)) },
  float32: { size: 4, make: (count) => new Float32Array(count), read: (view, at, little) => view.getFloat32(at, little) },
  float64: { size: 8, make: (count) => new Float32Array(count), read: (view, at, little) => view.getFloat64(at, little) },
};

/** Those whose bytes in a little-endian file are those in memory: looked at in place, so that a large file is not held twice. */
const asStored: Readonly<Partial<Record<StoredDType, (bytes: Uint8Array, size: number) => ArrayData>>> = {
  uint8: (bytes) => new Uint8Array(...placeOf(bytes, 1)),
  int8: (bytes) => new Int8Array(...placeOf(bytes, 1)),
  uint16: (bytes, size) => new Uint16Array(...placeOf(bytes, size)),
  int16: (bytes, size) => new Int16Array(...placeOf(bytes, size)),
  uint32: (bytes, size) => new Uint32Array(...placeOf(bytes, size)),
  int32: (bytes, size) => new Int32Array(...placeOf(bytes, size)),
  float32: (bytes, size) => new Float32Array(...placeOf(bytes, size)),
};

/** A copy where they do not lie at a multiple of their size, or are a small part of what would stay in memory with them. */
function placeOf(bytes: Uint8Array, size: number): [buffer: ArrayBufferLike, offset: number, count: number] {
  const { buffer, byteOffset, byteLength } = bytes;
  if (byteOffset % size === 0 && buffer.byteLength < 2 * byteLength) return [buffer, byteOffset, byteLength / size];
  return [Uint8Array.from(bytes).buffer, 0, byteLength / size];
}

/** Elements as they are held in memory (see `ArrayData`). The bytes must fill the shape exactly: else `data-broken`. */
export function decodeElements(bytes: Uint8Array, layout: Layout, where: string): NumberArray {
  const { shape, dtype, littleEndian } = layout;
  const element = elements[dtype];
  if (!element) throw new SurgeryError('unsupported', 'Numbers of this type are not read.', { expected: Object.keys(elements).join(', '), received: dtype, where });
  const count = sizeOf(shape);
  if (bytes.byteLength !== count * element.size) {
    throw new SurgeryError('data-broken', 'The numbers of an array do not fill its shape.', {
      expected: `${count * element.size} bytes for [${shape.join(', ')}] of ${dtype}`, received: `${bytes.byteLength} bytes`, where,
    });
  }
  const stored = littleEndian || element.size === 1 ? asStored[dtype]?.(bytes, element.size) : undefined;
  if (stored) return { shape, dtype, data: stored };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = element.make(count);
  for (let i = 0; i < count; i++) data[i] = element.read(view, i * element.size, littleEndian);
  return { shape, dtype, data: data instanceof Float64Array ? narrow(data) : data };
}

/** 64-bit integers that fit become int32. */
function narrow(data: Float64Array): ArrayData {
  return data.every((value) => value >= -(2 ** 31) && value < 2 ** 31) ? Int32Array.from(data) : data;
}
