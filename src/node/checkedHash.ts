import { createHash } from 'node:crypto';
import * as zlib from 'node:zlib';
import { SurgeryError } from '../core/errors';
import { crc32 } from '../core/formats/crc';
import type { StoredRange } from '../core/formats/zip';
import type { ByteSource } from '../core/ports';

/** bytes read at a time */
const chunkSize = 4 * 1024 * 1024;

/** Node has it native from 20.15 on. */
const nativeCrc32 = (zlib as { readonly crc32?: (bytes: Uint8Array, previous?: number) => number }).crc32 ?? crc32;

/** SHA-256 of a whole file, and on the way the checksums of its parts. Throws `format-broken` for a part whose bytes are others. */
export async function sha256Checked(source: ByteSource, parts: readonly StoredRange[]): Promise<string> {
  const hash = createHash('sha256');
  const sums = parts.map(() => 0);
  for (let at = 0; at < source.size; at += chunkSize) {
    const chunk = await source.read(at, Math.min(chunkSize, source.size - at));
    hash.update(chunk);
    parts.forEach(({ offset, length }, index) => {
      const inside = chunk.subarray(Math.max(0, offset - at), Math.max(0, offset + length - at));
      if (inside.length > 0) sums[index] = nativeCrc32(inside, sums[index]);
    });
  }
  const wrong = parts.find(({ crc }, index) => crc !== sums[index]);
  if (!wrong) return hash.digest('hex');
  throw new SurgeryError('format-broken', 'A part of the file does not match its checksum.', { expected: `CRC ${wrong.crc.toString(16)} from ${wrong.offset} on`, where: source.name });
}
