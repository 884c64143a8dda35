import { promisify } from 'node:util';
import { gunzip, type ZlibOptions } from 'node:zlib';
import { largestFile } from '../../core/data/readArrays';
import { SurgeryError } from '../../core/errors';
import { readFile } from './readFile';

/** Off the main thread. */
const inflate: (bytes: Uint8Array, options: ZlibOptions) => Promise<Uint8Array> = promisify(gunzip);

/** A data file as its arrays lie in it: gzip around it is taken off. Throws `file-…`, `data-broken`, `format-limit`. */
export async function readData(path: string): Promise<Uint8Array> {
  return unpacked(await readFile(path), path);
}

/** Never more than `most` bytes are inflated. Length and checksum at the end are checked, by the library. */
export async function unpacked(bytes: Uint8Array, where: string, most = largestFile): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await inflate(bytes, { maxOutputLength: most });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new SurgeryError('format-limit', 'A packed file is too large.', { expected: `at most ${most} bytes`, where, cause });
    throw new SurgeryError('data-broken', 'A gzip file is damaged or cut off.', { expected: 'a whole gzip file', received: cause instanceof Error ? cause.message : String(cause), where, cause });
  }
}
