import type { StoredDType } from '../model/tensor';
import { bytesPerElement } from '../weights/decode';

/** Address of nothing. */
export const nowhere = 0xffff_ffff_ffff_ffffn;

/** Little-endian bytes, written one after the other. */
export class ByteWriter {
  private readonly bytes: number[] = [];

  get length(): number {
    return this.bytes.length;
  }

  u8(...values: readonly number[]): this {
    this.bytes.push(...values);
    return this;
  }

  u16(...values: readonly number[]): this {
    return this.u8(...values.flatMap((value) => [value & 255, value >>> 8]));
  }

  u32(...values: readonly number[]): this {
    return this.u16(...values.flatMap((value) => [value & 0xffff, value >>> 16]));
  }

  u64(value: number | bigint): this {
    const wide = BigInt(value);
    return this.u32(Number(wide & 0xffff_ffffn)).u32(Number(wide >> 32n));
  }

  raw(bytes: Uint8Array): this {
    for (const byte of bytes) this.bytes.push(byte);
    return this;
  }

  /** Zeros up to a multiple of `step`. */
  pad(step: number): this {
    while (this.bytes.length % step !== 0) this.bytes.push(0);
    return this;
  }

  done(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

interface FloatLayout {
  readonly size: number;
  readonly exponent: number;
  readonly mantissa: number;
}

const floats: Partial<Record<StoredDType, FloatLayout>> = {
  float16: { size: 2, exponent: 5, mantissa: 10 },
  float32: { size: 4, exponent: 8, mantissa: 23 },
  float64: { size: 8, exponent: 11, mantissa: 52 },
};

/** HDF5's datatype message (File Format Specification, IV.A.2.d) of an element type, as h5py would write it. */
export function datatypeMessage(dtype: StoredDType): Uint8Array {
  const float = floats[dtype];
  if (float) return floatType(float);
  if (dtype === 'bool') return booleanType();
  if (dtype === 'bfloat16') return opaqueType(2);
  return integerType(bytesPerElement(dtype), !dtype.startsWith('u'));
}

function floatType({ size, exponent, mantissa }: FloatLayout): Uint8Array {
  const bits = size * 8;
  return new ByteWriter()
    .u8(0x11, 0x20, bits - 1, 0).u32(size)
    .u16(0).u16(bits).u8(mantissa, exponent, 0, mantissa).u32(2 ** (exponent - 1) - 1)
    .done();
}

function integerType(size: number, signed: boolean): Uint8Array {
  return new ByteWriter().u8(0x10, signed ? 8 : 0, 0, 0).u32(size).u16(0).u16(size * 8).done();
}

/** h5py's convention: an enumeration over int8 of FALSE and TRUE. */
function booleanType(): Uint8Array {
  const name = (text: string): Uint8Array => new ByteWriter().raw(new TextEncoder().encode(`${text}\0`)).pad(8).done();
  return new ByteWriter().u8(0x18, 2, 0, 0).u32(1).raw(integerType(1, true)).raw(name('FALSE')).raw(name('TRUE')).u8(0, 1).done();
}

function opaqueType(size: number): Uint8Array {
  return new ByteWriter().u8(0x15, 0, 0, 0).u32(size).done();
}

/** Fixed strings, padded with zeros, of `size` bytes. */
export function fixedStringType(size: number): Uint8Array {
  return new ByteWriter().u8(0x13, 1, 0, 0).u32(size).done();
}

/** A UTF-8 string of any length: 16 bytes that point into a global heap. */
export function variableStringType(): Uint8Array {
  return new ByteWriter().u8(0x19, 1, 1, 0).u32(16).raw(new ByteWriter().u8(0x13, 0, 0, 0).u32(1).done()).done();
}

/** The dataspace message; no dimension means a scalar. */
export function dataspaceMessage(shape: readonly number[]): Uint8Array {
  const writer = new ByteWriter().u8(2, shape.length, 0, shape.length === 0 ? 0 : 1);
  for (const dim of shape) writer.u64(dim);
  return writer.done();
}

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/** Bob Jenkins' lookup3 (`hashlittle`, initial value 0), the checksum of HDF5's metadata. */
export function lookup3(bytes: Uint8Array): number {
  const word = (at: number): number =>
    (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  let state: Words = [0xdeadbeef + bytes.length, 0xdeadbeef + bytes.length, 0xdeadbeef + bytes.length];
  let at = 0;
  for (; bytes.length - at > 12; at += 12) state = mix(add(state, word(at), word(at + 4), word(at + 8)));
  if (at < bytes.length) state = finish(add(state, word(at), word(at + 4), word(at + 8)));
  return state[2] >>> 0;
}

type Words = readonly [number, number, number];

function add([a, b, c]: Words, x: number, y: number, z: number): Words {
  return [(a + x) | 0, (b + y) | 0, (c + z) | 0];
}

function mix([a, b, c]: Words): Words {
  a = ((a - c) | 0) ^ rotate(c, 4); c = (c + b) | 0;
  b = ((b - a) | 0) ^ rotate(a, 6); a = (a + c) | 0;
  c = ((c - b) | 0) ^ rotate(b, 8); b = (b + a) | 0;
  a = ((a - c) | 0) ^ rotate(c, 16); c = (c + b) | 0;
  b = ((b - a) | 0) ^ rotate(a, 19); a = (a + c) | 0;
  c = ((c - b) | 0) ^ rotate(b, 4); b = (b + a) | 0;
  return [a, b, c];
}

function finish([a, b, c]: Words): Words {
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return [a, b, c];
}
