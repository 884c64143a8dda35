import { SurgeryError } from '../errors';
import type { ByteSource } from '../ports';
import type { Hdf5Library } from './hdf5Library';

type FileSystem = Hdf5Library['FS'];

interface MountedNode {
  node_ops: { readonly getattr: (node: unknown) => object };
  stream_ops: object;
}

interface Stream {
  readonly position: number;
}

/** Emscripten's number for a failed read. */
const readFailed = 29;

/** What a reading of the library failed with: the library itself only knows that it failed. */
export interface ReadFailure {
  cause: SurgeryError | undefined;
}

/**
 * Puts a file into the library's memory file system without copying it: the library's reads become reads of ranges of `source`.
 * Whoever mounts it unlinks `path`.
 */
export function mountSource(fs: FileSystem, path: string, source: ByteSource): ReadFailure {
  const failure: ReadFailure = { cause: undefined };
  const errno = (fs as unknown as { readonly ErrnoError: new (code: number) => Error }).ErrnoError;
  fs.writeFile(path, new Uint8Array(0));
  const node = fs.lookupPath(path, {}).node as unknown as MountedNode;
  const { node_ops: plain } = node;
  node.node_ops = { ...plain, getattr: (of: unknown) => ({ ...plain.getattr(of), size: source.size }) };
  node.stream_ops = {
    read: (...[, buffer, offset, length, position]: readonly [Stream, Uint8Array, number, number, number]) => {
      const there = Math.max(0, Math.min(length, source.size - position));
      if (there === 0) return 0;
      try {
        buffer.set(source.readNow(position, there), offset);
      } catch (thrown) {
        failure.cause = thrown instanceof SurgeryError ? thrown : undefined;
        throw new errno(readFailed);
      }
      return there;
    },
    llseek: (stream: Stream, offset: number, whence: number) => offset + (whence === 1 ? stream.position : whence === 2 ? source.size : 0),
  };
  return failure;
}
