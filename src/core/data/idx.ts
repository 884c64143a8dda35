import { SurgeryError } from '../errors';
import { sizeOf, type StoredDType } from '../model/tensor';
import { decodeElements, type NumberArray } from './elements';

/** Third byte of the file: the element type. http://yann.lecun.com/exdb/mnist describes the format. */
const dtypes: Readonly<Record<number, StoredDType>> = { 0x08: 'uint8', 0x09: 'int8', 0x0b: 'int16', 0x0c: 'int32', 0x0d: 'float32', 0x0e: 'float64' };

export function isIdx(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0 && bytes[2] in dtypes && bytes[3] > 0;
}

/** An IDX file: MNIST's format, big endian. Throws `data-broken`. */
export function parseIdx(bytes: Uint8Array, where: string): NumberArray {
  const rank = bytes.at(3) ?? 0;
  const start = 4 + 4 * rank;
  if (!isIdx(bytes) || bytes.length < start) throw new SurgeryError('data-broken', 'This is no IDX file, or it is cut off.', { expected: 'an IDX file', where });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  if (!Number.isSafeInteger(sizeOf(shape))) throw new SurgeryError('data-broken', 'The shape of the IDX file is none.', { received: shape.join(' x '), where });
  return decodeElements(bytes.subarray(start), { shape, dtype: dtypes[bytes[2]], littleEndian: false }, where);
}
