import { Gunzip } from 'fflate';
import { SurgeryError } from '../errors';
import { crc32 } from '../formats/crc';

/** bytes, inflated */
export const largestFile = 2 ** 32 - 1;
const piece = 2 ** 20;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Inflates in pieces, so that a bomb is noticed before it fills the memory. The length and the checksum that gzip ends with
 * are checked, which the library does not. Throws `data-broken` or `format-limit`.
 */
export function gunzip(bytes: Uint8Array, where: string): Uint8Array {
  if (bytes.length < 18) throw ends(`at least 18 bytes`, `${bytes.length} bytes`, where);
  const { parts, size } = inflate(bytes, where);
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  const [checksum, length] = [trailer.getUint32(0, true), trailer.getUint32(4, true)];
  if (length !== size) throw ends(`${length} bytes`, `${size} bytes`, where);
  if (checksum !== crc32(whole)) throw ends(`CRC ${checksum.toString(16)}`, `CRC ${crc32(whole).toString(16)}`, where);
  return whole;
}

function inflate(bytes: Uint8Array, where: string): { readonly parts: readonly Uint8Array[]; readonly size: number } {
  const parts: Uint8Array[] = [];
  let size = 0;
  const stream = new Gunzip((part) => {
    size += part.length;
    if (size > largestFile) throw new SurgeryError('format-limit', 'A packed file is too large.', { expected: `at most ${largestFile} bytes`, where });
    parts.push(part);
  });
  try {
    for (let at = 0; at < bytes.length; at += piece) stream.push(bytes.subarray(at, at + piece), at + piece >= bytes.length);
  } catch (thrown) {
    if (thrown instanceof SurgeryError) throw thrown;
    throw new SurgeryError('data-broken', 'A gzip file cannot be inflated.', { where, cause: thrown });
  }
  return { parts, size };
}

function ends(expected: string, received: string, where: string): SurgeryError {
  return new SurgeryError('data-broken', 'A gzip file is damaged or cut off.', { expected, received, where });
}
