import type { Weight } from '../model/model';
import type { StoredDType } from '../model/tensor';
import { decodeNumbers, encodeNumbers } from '../weights/decode';

/** NumPy's names of element types, little endian; it has no bfloat16. */
const descriptions: Readonly<Record<Exclude<StoredDType, 'bfloat16'>, string>> = {
  bool: '|b1', int8: '|i1', uint8: '|u1', int16: '<i2', uint16: '<u2', int32: '<i4', uint32: '<u4', int64: '<i8', uint64: '<u8', float16: '<f2', float32: '<f4', float64: '<f8',
};

/** A float32 array as NumPy's `.npy`, version 1, row-major. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
export function writeNpy(shape: readonly number[], data: Float32Array): Uint8Array {
  return withHeader(shape, descriptions.float32, encodeNumbers('float32', data));
}

/** A weight as `.npy` in its own element type; bfloat16 as float32, which holds it exactly. */
export function weightAsNpy(weight: Weight): Uint8Array {
  const { dtype, shape, bytes } = weight;
  if (dtype === 'bfloat16') return withHeader(shape, descriptions.float32, encodeNumbers('float32', decodeNumbers(weight)));
  return withHeader(shape, descriptions[dtype], bytes);
}

function withHeader(shape: readonly number[], description: string, bytes: Uint8Array): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${description}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // The elements begin at a multiple of 64 bytes; the header ends with a new line.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const result = new Uint8Array(10 + length + bytes.byteLength);
  result.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8]);
  result.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), 10);
  result.set(bytes, 10 + length);
  return result;
}
