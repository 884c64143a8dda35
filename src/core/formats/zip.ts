import { Inflate } from 'fflate';
import { SurgeryError } from '../errors';
import type { ByteSource } from '../ports';
import { memorySource } from './byteRanges';
import { crc32 } from './crc';

export interface ZipLimits {
  readonly maxMembers: number;
  /** bytes, inflated, of all members together */
  readonly maxTotal: number;
  /** inflated bytes for each packed byte */
  readonly maxRatio: number;
}

const keepLimits: ZipLimits = { maxMembers: 4096, maxTotal: 2 ** 32 - 1, maxRatio: 200 };

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

const endSignature = 0x06054b50;
const centralSignature = 0x02014b50;
const localSignature = 0x04034b50;
const full32 = 0xffffffff;
/** bytes */
const maxDirectory = 64 * 1024 * 1024;

/** Where a member that is not packed stands in its archive, and the checksum that it must have. */
export interface StoredRange {
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
}

/** An archive whose directory was read and judged. */
export interface ZipArchive {
  /** In the order of the directory; folders end in a slash. */
  readonly names: readonly string[];
  /** bytes, inflated; undefined where there is no such member */
  size(name: string): number | undefined;
  /** A member, inflated, its CRC checked. */
  read(name: string): Uint8Array;
  /** Undefined for a packed member. */
  storedRange(name: string): StoredRange | undefined;
}

/**
 * Reads the directory of an archive and judges all of it: a name that leaves the archive, appears twice or holds control characters
 * is `format-hostile`; sizes past the limits are `format-limit`; anything that does not add up is `format-broken`.
 */
export function openZip(source: ByteSource, limits: ZipLimits = keepLimits): ZipArchive {
  const entries = readDirectory(source, limits);
  checkEntries(entries, source.size, limits);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const entryOf = (name: string): Entry => {
    const entry = byName.get(name);
    if (entry) return entry;
    throw broken('A member of the archive is missing.', name);
  };
  return {
    names: entries.map(({ name }) => name),
    size: (name) => byName.get(name)?.size,
    read: (name) => readMember(source, entryOf(name)),
    storedRange: (name) => {
      const entry = entryOf(name);
      return entry.method === 0 && entry.packed === entry.size ? { offset: dataStart(source, entry), length: entry.size, crc: entry.crc } : undefined;
    },
  };
}

/** The members of an archive in memory that `allow` accepts, inflated, their CRC checked, after all of it was judged as `openZip` does. */
export function readZip(bytes: Uint8Array, allow: (name: string) => boolean, limits: ZipLimits = keepLimits): Map<string, Uint8Array> {
  const archive = openZip(memorySource(bytes, ''), limits);
  return new Map(archive.names.filter(allow).map((name) => [name, archive.read(name)]));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function broken(message: string, where?: string): SurgeryError {
  return new SurgeryError('format-broken', message, where === undefined ? {} : { where });
}

function readDirectory(source: ByteSource, limits: ZipLimits): Entry[] {
  const { count, offset, end } = findDirectory(source);
  if (count > limits.maxMembers) {
    throw new SurgeryError('format-limit', 'The archive has too many members.', {
      expected: `at most ${limits.maxMembers}`, received: String(count),
    });
  }
  if (!(offset <= end)) throw broken('The archive directory is damaged.');
  if (end - offset > maxDirectory) throw new SurgeryError('format-limit', 'The archive directory is too large.', { expected: `at most ${maxDirectory} bytes`, received: `${end - offset} bytes` });
  const bytes = source.readNow(offset, end - offset);
  const view = viewOf(bytes);
  const entries: Entry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== centralSignature) throw broken('The archive directory is damaged.');
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > bytes.length) throw broken('The archive directory is damaged.');
    entries.push(readEntry(bytes, at, nameLength, extraLength));
    at = next;
  }
  return entries;
}

/** Where the directory starts, where its end record stands, and how many members it says it has. */
function findDirectory(source: ByteSource): { readonly count: number; readonly offset: number; readonly end: number } {
  const length = Math.min(source.size, 22 + 65535 + 76);
  const start = source.size - length;
  const tail = viewOf(source.readNow(start, length));
  const end = findEnd(tail);
  const count = tail.getUint16(end + 10, true);
  const offset = tail.getUint32(end + 16, true);
  if (count !== 0xffff && offset !== full32) return { count, offset, end: start + end };
  return { ...wideDirectory(source, tail, end, start), end: start + end };
}

function findEnd(view: DataView): number {
  const lowest = Math.max(0, view.byteLength - 22 - 65535);
  for (let at = view.byteLength - 22; at >= lowest; at--) {
    if (view.getUint32(at, true) === endSignature && at + 22 + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  throw broken('The archive has no end record: it is cut off or has bytes after its end.');
}

function wideDirectory(source: ByteSource, tail: DataView, end: number, start: number): { readonly count: number; readonly offset: number } {
  const locator = end - 20;
  if (locator < 0 || tail.getUint32(locator, true) !== 0x07064b50) throw broken('The archive directory is damaged.');
  const record = Number(tail.getBigUint64(locator + 8, true));
  if (record + 56 > start + end) throw broken('The archive directory is damaged.');
  const view = viewOf(source.readNow(record, 56));
  if (view.getUint32(0, true) !== 0x06064b50) throw broken('The archive directory is damaged.');
  return { count: Number(view.getBigUint64(32, true)), offset: Number(view.getBigUint64(48, true)) };
}

function readEntry(bytes: Uint8Array, at: number, nameLength: number, extraLength: number): Entry {
  const view = viewOf(bytes);
  const wide = zip64Values(view, at + 46 + nameLength, extraLength);
  const pick = (value: number): number => (value === full32 ? wide.shift() ?? value : value);
  const size = pick(view.getUint32(at + 24, true));
  const packed = pick(view.getUint32(at + 20, true));
  const offset = pick(view.getUint32(at + 42, true));
  return {
    name: decodeName(bytes.subarray(at + 46, at + 46 + nameLength)),
    method: view.getUint16(at + 10, true),
    flags: view.getUint16(at + 8, true),
    crc: view.getUint32(at + 16, true),
    packed, size, offset,
  };
}

/** The 64-bit fields of the extra data, in the order of the format: size, packed size, offset. */
function zip64Values(view: DataView, start: number, length: number): number[] {
  for (let at = start; at + 4 <= start + length;) {
    const size = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      const values: number[] = [];
      for (let i = 0; i + 8 <= size && at + 12 + i <= start + length; i += 8) values.push(Number(view.getBigUint64(at + 4 + i, true)));
      return values;
    }
    at += 4 + size;
  }
  return [];
}

function decodeName(raw: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch (cause) {
    throw new SurgeryError('format-hostile', 'A member name of the archive is not UTF-8.', { cause });
  }
}

function checkEntries(entries: readonly Entry[], length: number, limits: ZipLimits): void {
  const seen = new Set<string>();
  let total = 0;
  for (const entry of entries) {
    checkName(entry.name, seen);
    if (entry.offset + 30 + entry.packed > length) throw broken('A member of the archive is cut off.', entry.name);
    if (entry.flags & 1) throw new SurgeryError('unsupported', 'The archive is encrypted.', { where: entry.name });
    total += entry.size;
    if (total > limits.maxTotal || entry.size > Math.max(entry.packed, 1024) * limits.maxRatio) {
      throw new SurgeryError('format-limit', 'The archive inflates to too much.', {
        expected: `at most ${limits.maxTotal} bytes and ${limits.maxRatio} for each packed byte`,
        received: `${entry.size} bytes from ${entry.packed}`, where: entry.name,
      });
    }
  }
}

function checkName(name: string, seen: Set<string>): void {
  const steps = name.split(/[\\/]/);
  const control = Array.from(name).some((char) => char < ' ' || char === '\u007f');
  if (control || name === '' || steps[0] === '' || steps.includes('..') || /^[a-zA-Z]:/.test(name) || name.includes('\\')) {
    throw new SurgeryError('format-hostile', 'A member name of the archive points outside it or holds control characters.', {
      expected: 'plain relative names', received: JSON.stringify(name), where: name,
    });
  }
  if (seen.has(name)) throw new SurgeryError('format-hostile', 'The archive holds one name twice.', { where: name });
  seen.add(name);
}

/** Where a member's data starts, after its own header; that must name it as the directory does. */
function dataStart(source: ByteSource, entry: Entry): number {
  const head = viewOf(source.readNow(entry.offset, 30));
  if (head.getUint32(0, true) !== localSignature) throw broken('A member of the archive is damaged.', entry.name);
  const nameLength = head.getUint16(26, true);
  const start = entry.offset + 30 + nameLength + head.getUint16(28, true);
  if (start + entry.packed > source.size) throw broken('A member of the archive is cut off.', entry.name);
  if (decodeName(source.readNow(entry.offset + 30, nameLength)) !== entry.name) {
    throw new SurgeryError('format-hostile', 'A member has two different names.', { where: entry.name });
  }
  return start;
}

function readMember(source: ByteSource, entry: Entry): Uint8Array {
  const content = inflateMember(source.readNow(dataStart(source, entry), entry.packed), entry);
  if (content.length !== entry.size || crc32(content) !== entry.crc) {
    throw new SurgeryError('format-broken', 'A member of the archive does not match its checksum.', {
      expected: `${entry.size} bytes with CRC ${entry.crc.toString(16)}`, received: `${content.length} bytes`, where: entry.name,
    });
  }
  return content;
}

function inflateMember(packed: Uint8Array, entry: Entry): Uint8Array {
  if (entry.method === 0) return packed;
  if (entry.method !== 8) throw new SurgeryError('unsupported', 'A member is packed with an unknown method.', { where: entry.name, received: String(entry.method) });
  const content = new Uint8Array(entry.size);
  let at = 0;
  const inflate = new Inflate((chunk) => {
    if (at + chunk.length > entry.size) throw new SurgeryError('format-hostile', 'A member inflates past its declared size.', { where: entry.name });
    content.set(chunk, at);
    at += chunk.length;
  });
  try {
    for (let i = 0; i < packed.length; i += 65536) inflate.push(packed.subarray(i, i + 65536), i + 65536 >= packed.length);
  } catch (cause) {
    if (cause instanceof SurgeryError) throw cause;
    throw new SurgeryError('format-broken', 'A member of the archive cannot be inflated.', { where: entry.name, cause });
  }
  return content.subarray(0, at);
}
