import { createHash, type Hash, randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { SurgeryError } from '../core/errors';
import { type FileParts, wholeFile } from '../core/formats/fileParts';

/**
 * Writes a file so that its place holds either the old bytes or all the new ones: a temporary beside it, flushed, renamed,
 * the folder flushed. The temporary is removed on every way out. Gives the SHA-256 of what was written. Throws `write-failed`, and
 * what reading the parts throws.
 */
export async function writeFileAtomically(path: string, content: FileParts | Uint8Array | string): Promise<string> {
  const parts = typeof content === 'string' || content instanceof Uint8Array ? wholeFile(content) : content;
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path).slice(0, 100)}.${randomBytes(6).toString('hex')}.tmp`);
  const hash = createHash('sha256');
  try {
    const handle = await open(temporary, 'wx');
    try {
      await writeParts(handle, parts, hash);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await flushFolder(folder);
    return hash.digest('hex');
  } catch (cause) {
    if (cause instanceof SurgeryError) throw cause;
    throw new SurgeryError('write-failed', 'The file could not be written.', {
      expected: `${parts.size} bytes of room in a folder that can be written`, received: (cause as NodeJS.ErrnoException).code ?? String(cause), where: path, cause,
    });
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** bytes of one call */
const longest = 2 ** 30;

async function writeParts(handle: FileHandle, parts: FileParts, hash: Hash): Promise<void> {
  for (const chunk of parts.chunks()) {
    hash.update(chunk);
    for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at, Math.min(longest, chunk.length - at))).bytesWritten;
  }
}

/** Throws `output-refused` when `out` is one of `inputs`: the same path, a link to it, another name of the same file, or inside it where it is a folder. */
export async function refuseInputAsOutput(out: string, inputs: readonly string[]): Promise<void> {
  const outPlace = await placeOf(out);
  for (const input of inputs) {
    const inputPlace = await placeOf(input);
    const isSame = outPlace.path === inputPlace.path || (outPlace.file !== undefined && outPlace.file === inputPlace.file);
    // A model may be a folder: nothing is written into it.
    const isInside = inputPlace.isFolder && outPlace.path.startsWith(inputPlace.path + sep);
    if (!isSame && !isInside) continue;
    throw new SurgeryError('output-refused', 'The output would replace an input.', { expected: 'a path that is no input', received: out, where: input });
  }
}

async function placeOf(path: string): Promise<{ path: string; file: string | undefined; isFolder: boolean }> {
  const status = await stat(path, { bigint: true }).catch(() => undefined);
  const real = await realpath(path).catch(async () => join(await realpath(dirname(path)).catch(() => dirname(path)), basename(path)));
  return { path: real, file: status && `${status.dev}:${status.ino}`, isFolder: status?.isDirectory() ?? false };
}

/** Windows cannot open folders; its rename is journalled. */
export async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
