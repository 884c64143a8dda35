import type { ByteSource } from '../../src/core/ports';

/** Bytes in memory as a file. */
export function sourceOf(bytes: Uint8Array, name: string): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (offset, length) => Promise.resolve(Uint8Array.from(bytes.subarray(offset, offset + length))),
    close: () => Promise.resolve(),
  };
}
