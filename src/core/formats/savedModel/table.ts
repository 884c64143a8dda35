import { BinaryReader } from '@bufbuild/protobuf/wire';
import { SurgeryError } from '../../errors';
import { crc32c } from '../crc';

/** bytes: two handles of up to 20, and the magic number */
const footerSize = 48;
const magic = 0xdb4775248b80fb57n;
/** The kind of packing, and the checksum, after each block. */
const trailerSize = 5;
const maxEntries = 2_000_000;

interface Handle {
  readonly offset: number;
  readonly size: number;
}

/**
 * The entries of a table as LevelDB and TensorFlow write it (tensorflow/core/lib/io/table_format.txt), in the order of their keys:
 * the index of a checkpoint. Throws `format-broken` for a bad checksum, order or length, `unsupported` for packed blocks.
 */
export function readTable(bytes: Uint8Array, where: string): ReadonlyMap<string, Uint8Array> {
  const table = new Map<string, Uint8Array>();
  const index = readBlock(bytes, indexHandle(bytes, where), where);
  for (const { value } of index) {
    for (const { key, value: content } of readBlock(bytes, readHandle(new BinaryReader(value), where), where)) {
      if (table.size > maxEntries) throw new SurgeryError('format-limit', 'The table has too many entries.', { expected: `at most ${maxEntries}`, where });
      if (table.has(key)) throw broken('The table holds one key twice.', where);
      table.set(key, content);
    }
  }
  return table;
}

function indexHandle(bytes: Uint8Array, where: string): Handle {
  const at = bytes.length - footerSize;
  const isTable = at >= 0 && new DataView(bytes.buffer, bytes.byteOffset + at).getBigUint64(40, true) === magic;
  if (!isTable) throw broken('The file is no table, or is cut off.', where);
  const reader = new BinaryReader(bytes.subarray(at, at + 40));
  readHandle(reader, where);
  return readHandle(reader, where);
}

function readHandle(reader: BinaryReader, where: string): Handle {
  try {
    return { offset: Number(reader.uint64()), size: Number(reader.uint64()) };
  } catch (cause) {
    throw new SurgeryError('format-broken', 'A place in the table cannot be read.', { where, cause });
  }
}

interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
}

function readBlock(bytes: Uint8Array, { offset, size }: Handle, where: string): Entry[] {
  if (!(offset >= 0 && size >= 4 && offset + size + trailerSize <= bytes.length)) throw broken('A block of the table leads outside it.', where);
  const content = bytes.subarray(offset, offset + size);
  const kind = bytes[offset + size];
  const stored = new DataView(bytes.buffer, bytes.byteOffset + offset + size + 1).getUint32(0, true);
  if (masked(crc32c(bytes.subarray(offset, offset + size + 1))) !== stored) throw broken('A block of the table does not match its checksum.', where);
  if (kind !== 0) throw new SurgeryError('unsupported', 'A block of the table is packed.', { expected: 'blocks as TensorFlow writes them', received: `kind ${kind}`, where });
  return entriesIn(content, where);
}

/** TensorFlow stores checksums so that one of data that holds checksums is not weak. */
export function masked(crc: number): number {
  return ((((crc >>> 15) | (crc << 17)) >>> 0) + 0xa282ead8) >>> 0;
}

/** Each key shares a beginning with the one before it. */
function entriesIn(content: Uint8Array, where: string): Entry[] {
  const restarts = new DataView(content.buffer, content.byteOffset, content.byteLength).getUint32(content.length - 4, true);
  const end = content.length - 4 - 4 * restarts;
  if (end < 0) throw broken('A block of the table is damaged.', where);
  const body = content.subarray(0, end);
  const reader = new BinaryReader(body);
  const entries: Entry[] = [];
  let last = new Uint8Array(0);
  while (reader.pos < end) {
    const { key, value } = readEntry({ reader, body }, last, where);
    last = key;
    entries.push({ key: new TextDecoder().decode(key), value });
  }
  return entries;
}

interface Body {
  readonly reader: BinaryReader;
  readonly body: Uint8Array;
}

function readEntry({ reader, body }: Body, last: Uint8Array, where: string): { readonly key: Uint8Array<ArrayBuffer>; readonly value: Uint8Array } {
  try {
    const [shared, own, length] = [reader.uint32(), reader.uint32(), reader.uint32()];
    const end = reader.pos + own + length;
    if (shared > last.length || end > reader.len) throw broken('An entry of the table is damaged.', where);
    const key = new Uint8Array(shared + own);
    key.set(last.subarray(0, shared));
    key.set(body.subarray(reader.pos, reader.pos + own), shared);
    const value = body.subarray(reader.pos + own, end);
    reader.pos = end;
    return { key, value };
  } catch (cause) {
    if (cause instanceof SurgeryError) throw cause;
    throw new SurgeryError('format-broken', 'An entry of the table is damaged.', { where, cause });
  }
}

function broken(message: string, where: string): SurgeryError {
  return new SurgeryError('format-broken', message, { where });
}
