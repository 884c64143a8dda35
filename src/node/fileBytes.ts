import { createHash } from 'node:crypto';
import { closeSync, constants, createReadStream, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { SurgeryError } from '../core/errors';
import type { ByteSource, Sha256 } from '../core/ports';

/** A file read by ranges through one descriptor. Throws `file-missing`, or `file-unreadable` for a folder or a device. */
export async function openFile(path: string): Promise<ByteSource> {
  // Without waiting: a pipe that nobody writes to would never open. Windows has no such flag.
  const flags = constants.O_RDONLY | ((constants as { O_NONBLOCK?: number }).O_NONBLOCK ?? 0);
  const handle = await open(path, flags).catch((cause: unknown) => { throw openError(path, cause); });
  const status = await handle.stat({ bigint: true });
  if (!status.isFile()) {
    await handle.close();
    throw new SurgeryError('file-unreadable', 'This is not a file.', { expected: 'a file', received: status.isDirectory() ? 'a folder' : 'a device', where: path });
  }
  let isOpen = true;
  return {
    name: path,
    size: Number(status.size),
    read: (offset, length) => readRange(handle, path, offset, length),
    readNow: (offset, length) => (isOpen ? readRangeNow(handle.fd, path, { offset, length }) : readAgain(path, status, { offset, length })),
    close: () => {
      isOpen = false;
      return handle.close();
    },
  };
}

interface Range {
  readonly offset: number;
  readonly length: number;
}

/** Opens the file once more for one range: weights of a large model are read when they are asked for, and no descriptor waits for that. */
function readAgain(path: string, before: BigIntStats, range: Range): Uint8Array {
  const descriptor = openNow(path);
  try {
    const now = fstatSync(descriptor, { bigint: true });
    const same = now.ino === before.ino && now.dev === before.dev && now.size === before.size && now.mtimeNs === before.mtimeNs;
    if (!same) throw new SurgeryError('file-changed', 'The file was changed after it was opened.', { expected: 'the file as it was opened', where: path });
    return readRangeNow(descriptor, path, range);
  } finally {
    closeSync(descriptor);
  }
}

function openNow(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY);
  } catch (cause) {
    throw openError(path, cause);
  }
}

function readRangeNow(descriptor: number, path: string, { offset, length }: Range): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const count = readNow(descriptor, path, { bytes, done, at: offset + done });
    if (count === 0) throw endedEarly(path, offset, length, done);
    done += count;
  }
  return bytes;
}

function readNow(descriptor: number, path: string, { bytes, done, at }: { bytes: Uint8Array; done: number; at: number }): number {
  try {
    return readSync(descriptor, bytes, done, Math.min(bytes.length - done, 2 ** 30), at);
  } catch (cause) {
    throw openError(path, cause);
  }
}

/** SHA-256 of bytes in memory, lower-case hex. */
export const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** SHA-256 of a file, read as a stream. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  } catch (cause) {
    throw openError(path, cause);
  }
  return hash.digest('hex');
}

async function readRange(handle: FileHandle, path: string, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 2 ** 30), offset + done);
    if (bytesRead === 0) throw endedEarly(path, offset, length, done);
    done += bytesRead;
  }
  return bytes;
}

function endedEarly(path: string, offset: number, length: number, done: number): SurgeryError {
  return new SurgeryError('file-unreadable', 'The file ended early.', { expected: `${length} bytes from ${offset}`, received: `${done} bytes`, where: path });
}

function openError(path: string, cause: unknown): SurgeryError {
  const reason = (cause as NodeJS.ErrnoException).code;
  if (reason === 'ENOENT' || reason === 'ENOTDIR') return new SurgeryError('file-missing', 'There is no such file.', { where: path, cause });
  return new SurgeryError('file-unreadable', 'The file cannot be read.', { where: path, received: reason ?? String(cause), cause });
}
