import type { ByteSource } from '../ports';

/** Bytes in memory as a file. */
export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
    readNow: (offset, length) => bytes.subarray(offset, offset + length),
    close: () => Promise.resolve(),
  };
}

/** A part of a file as a file of its own. */
export function rangeOf(source: ByteSource, offset: number, size: number, name: string): ByteSource {
  return {
    name,
    size,
    read: (at, length) => source.read(offset + at, length),
    readNow: (at, length) => source.readNow(offset + at, length),
    close: () => Promise.resolve(),
  };
}

/** bytes of a page */
const pageSize = 64 * 1024;
const maxPages = 256;

/** A file whose small reads come from pages that were read lately: HDF5 asks for a few bytes many thousand times. */
export function pagedSource(source: ByteSource): ByteSource {
  const pages = new Map<number, Uint8Array>();
  const page = (index: number): Uint8Array => {
    const known = pages.get(index);
    if (known) return known;
    const bytes = source.readNow(index * pageSize, Math.min(pageSize, source.size - index * pageSize));
    if (pages.size >= maxPages) pages.delete(pages.keys().next().value ?? index);
    pages.set(index, bytes);
    return bytes;
  };
  const readNow = (offset: number, length: number): Uint8Array => {
    const first = Math.floor(offset / pageSize);
    const last = Math.floor((offset + Math.max(length, 1) - 1) / pageSize);
    if (first === last) return page(first).subarray(offset - first * pageSize, offset - first * pageSize + length);
    if (last - first > 1) return source.readNow(offset, length);
    const bytes = new Uint8Array(length);
    const head = page(first).subarray(offset - first * pageSize);
    bytes.set(head);
    bytes.set(page(last).subarray(0, length - head.length), head.length);
    return bytes;
  };
  return { name: source.name, size: source.size, readNow, read: (offset, length) => Promise.resolve(readNow(offset, length)), close: () => source.close() };
}
