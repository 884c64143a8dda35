import { BinaryReader } from '@bufbuild/protobuf/wire';
import { SurgeryError } from '../../errors';
import { sizeOf, type StoredDType } from '../../model/tensor';
import type { ByteSource, ModelFolder } from '../../ports';
import { bytesPerElement } from '../../weights/decode';
import { crc32c } from '../crc';
import { largeWeights } from '../readModel';
import { lazyTensor, type StoredTensor } from '../storedTensor';
import { readProto, type ProtoMessage } from './protobuf';
import { masked, readTable } from './table';

/** TensorFlow's element types (tensorflow/core/framework/types.proto) that a weight may have. */
const types: Readonly<Record<number, StoredDType>> = {
  1: 'float32', 2: 'float64', 3: 'int32', 4: 'uint8', 5: 'int16', 6: 'int8', 9: 'int64', 10: 'bool', 14: 'bfloat16', 17: 'uint16', 19: 'float16', 22: 'uint32', 23: 'uint64',
};
const stringType = 7;

const maxShards = 10_000;
const maxRank = 32;
/** bytes of the index, and of a string in the data */
const maxText = 256 * 1024 * 1024;
/** bytes read at a time where only the checksum is wanted */
const chunkSize = 4 * 1024 * 1024;

/** The variables of a checkpoint in TensorFlow's TensorBundle form. */
export interface TensorBundle {
  has(key: string): boolean;
  /** A tensor whose checksum was compared. */
  tensor(key: string): Promise<StoredTensor>;
  /** The one string of a scalar. */
  text(key: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

interface Entry {
  readonly type: number;
  readonly shape: readonly number[];
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
  readonly crc: number;
}

/**
 * Opens `PREFIX.index` and, when they are asked for, the `PREFIX.data-…` files. No name of a file comes from the data, only numbers.
 * Throws `format-broken` for checksums, lengths and places that do not fit, `unsupported` for forms that no Keras model has.
 */
export async function openBundle(folder: ModelFolder, prefix: string): Promise<TensorBundle> {
  const where = `${prefix}.index`;
  const table = readTable(await readAll(folder, where, maxText), where);
  const shards = shardCount(table.get(''), where);
  const open = new Map<number, ByteSource>();
  const shardOf = async (index: number): Promise<ByteSource> => {
    const known = open.get(index);
    if (known) return known;
    if (!(index >= 0 && index < shards)) throw broken('A variable is in a file that the checkpoint does not have.', where, String(index));
    const digits = (value: number): string => String(value).padStart(5, '0');
    const source = await folder.open(`${prefix}.data-${digits(index)}-of-${digits(shards)}`);
    open.set(index, source);
    return source;
  };
  const entryOf = (key: string): Entry => {
    const value = table.get(key);
    if (value && key !== '') return readEntry(readProto(value, where), key);
    throw new SurgeryError('weight-missing', 'The checkpoint lacks a variable of the model.', { expected: key, received: 'nothing', where });
  };
  return {
    has: (key) => key !== '' && table.has(key),
    tensor: async (key) => {
      const entry = entryOf(key);
      return readTensor(await shardOf(entry.shard), entry, key);
    },
    text: async (key) => {
      const entry = entryOf(key);
      return readText(await shardOf(entry.shard), entry, key);
    },
    close: async () => {
      await Promise.all([...open.values()].map((source) => source.close()));
    },
  };
}

/** A whole file of the folder. Throws `format-limit` above `most` bytes. */
export async function readAll(folder: ModelFolder, path: string, most: number): Promise<Uint8Array> {
  const source = await folder.open(path);
  try {
    if (source.size > most) throw new SurgeryError('format-limit', 'A file of the model is too large.', { expected: `at most ${most} bytes`, received: `${source.size} bytes`, where: path });
    return await source.read(0, source.size);
  } finally {
    await source.close();
  }
}

/** BundleHeaderProto */
function shardCount(header: Uint8Array | undefined, where: string): number {
  if (!header) throw broken('The checkpoint has no header.', where);
  const message = readProto(header, where);
  const count = message.number(1);
  if (message.number(2) !== 0) throw new SurgeryError('unsupported', 'The checkpoint is big-endian.', { expected: 'a little-endian one', where });
  if (count >= 1 && count <= maxShards) return count;
  throw new SurgeryError('format-limit', 'The checkpoint is in too many files, or none.', { expected: `1 to ${maxShards}`, received: String(count), where });
}

/** BundleEntryProto */
function readEntry(message: ProtoMessage, key: string): Entry {
  if (message.all(7).length > 0) throw new SurgeryError('unsupported', 'A variable is stored in slices.', { expected: 'whole variables', where: key });
  const dims = message.all(2).flatMap((shape) => readProto(shape, key).all(2)).map((dim) => readProto(dim, key).number(1));
  const valid = dims.length <= maxRank && dims.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!valid) throw broken('The shape of a variable is damaged.', key, dims.join());
  return { type: message.number(1), shape: dims, shard: message.number(3), offset: message.number(4), size: message.number(5), crc: message.number(6) };
}

async function readTensor(source: ByteSource, { type, shape, offset, size, crc }: Entry, key: string): Promise<StoredTensor> {
  const dtype = Object.hasOwn(types, type) ? types[type] : undefined;
  if (!dtype) throw new SurgeryError('unsupported', 'A variable is not of a plain numeric type.', { expected: 'floats, integers or booleans', received: `type ${type}`, where: key });
  const wanted = sizeOf(shape) * bytesPerElement(dtype);
  if (wanted !== size) throw broken('A variable is not as long as its shape says.', key, `${size} bytes for ${wanted}`);
  requireInside(source, offset, size, key);
  if (source.size <= largeWeights) {
    const bytes = Uint8Array.from(await source.read(offset, size));
    requireChecksum(crc32c(bytes), crc, key);
    return { shape, dtype, bytes };
  }
  let sum = 0;
  for (let at = 0; at < size; at += chunkSize) sum = crc32c(await source.read(offset + at, Math.min(chunkSize, size - at)), sum);
  requireChecksum(sum, crc, key);
  return lazyTensor(shape, dtype, { size, part: (from, length) => source.readNow(offset + from, length) });
}

/** A string: its length, a checksum of the length, its bytes (tensor_bundle.cc, WriteStringTensor). */
async function readText(source: ByteSource, { type, shape, offset, size, crc }: Entry, key: string): Promise<Uint8Array> {
  if (type !== stringType || sizeOf(shape) !== 1) throw broken('A text of the checkpoint is something else.', key, `type ${type}`);
  if (size > maxText) throw new SurgeryError('format-limit', 'A text of the checkpoint is too large.', { expected: `at most ${maxText} bytes`, received: `${size} bytes`, where: key });
  requireInside(source, offset, size, key);
  const bytes = await source.read(offset, size);
  const reader = new BinaryReader(bytes);
  const length = lengthOf(reader, key);
  const start = reader.pos + 4;
  if (start + length !== size) throw broken('A text of the checkpoint is not as long as it says.', key, `${size} bytes`);
  const raw = new Uint8Array(length > 0xffff_ffff ? 8 : 4);
  new DataView(raw.buffer).setUint32(0, length, true);
  requireChecksum(crc32c(bytes.subarray(start - 4), crc32c(raw)), crc, key);
  return bytes.subarray(start);
}

function lengthOf(reader: BinaryReader, key: string): number {
  try {
    return Number(reader.uint64());
  } catch (cause) {
    throw new SurgeryError('format-broken', 'A text of the checkpoint is damaged.', { where: key, cause });
  }
}

function requireInside(source: ByteSource, offset: number, size: number, key: string): void {
  if (Number.isSafeInteger(offset) && offset >= 0 && size >= 0 && offset + size <= source.size) return;
  throw broken('A variable leads outside its file: the file is cut off, or the index is damaged.', key, `${size} bytes from ${offset}`);
}

function requireChecksum(found: number, stored: number, key: string): void {
  if (masked(found) !== stored) throw broken('A variable does not match its checksum.', key, `CRC ${masked(found).toString(16)} instead of ${stored.toString(16)}`);
}

function broken(message: string, where: string, received?: string): SurgeryError {
  return new SurgeryError('format-broken', message, { where, ...(received === undefined ? {} : { received }) });
}
