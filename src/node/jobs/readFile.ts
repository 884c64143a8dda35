import { SurgeryError } from '../../core/errors';
import { openFile } from '../fileBytes';

/** bytes; what one typed array may well hold */
const largest = 2 ** 32;

/** A whole file. Throws `file-missing`, `file-unreadable`, or `format-limit` above `most` bytes. */
export async function readFile(path: string, most = largest): Promise<Uint8Array> {
  const source = await openFile(path);
  try {
    if (source.size > most) {
      throw new SurgeryError('format-limit', 'The file is too large to be read.', { expected: `at most ${most} bytes`, received: `${source.size} bytes`, where: path });
    }
    return await source.read(0, source.size);
  } finally {
    await source.close();
  }
}
