import { SurgeryError } from '../errors';
import { sizeOf, type StoredDType } from '../model/tensor';
import type { ByteSource } from '../ports';
import { pagedSource } from './byteRanges';
import { discardHdf5Library, hdf5Library, type Hdf5Library } from './hdf5Library';
import { mountSource, type ReadFailure } from './hdf5Mount';
import { RawHdf5 } from './hdf5Raw';
import { lazyTensor, type StoredTensor } from './storedTensor';

/** The only way into an HDF5 file. Paths are absolute or relative to the root; every component is judged before it is followed. */
export interface Hdf5File {
  /** Names of the members of a group, in the file's order; throws `format-broken` when it is no group. */
  members(group: string): readonly { readonly name: string; readonly kind: 'group' | 'dataset' }[];
  has(path: string): boolean;
  /** A string, number, or list of strings attribute; undefined where there is none. Vlen and fixed strings, utf-8. */
  attribute(path: string, name: string): string | number | readonly string[] | undefined;
  /** A copy of a plain numeric dataset. */
  tensor(path: string): StoredTensor;
}

type Metadata = ReturnType<Hdf5Library['get_dataset_metadata']>;
type Kind = 'group' | 'dataset';

/** Path components; Keras nests layers, no real file comes near this. */
const maxDepth = 64;
const maxMembers = 100_000;
const maxAttributes = 10_000;
/** bytes of one attribute */
const maxAttribute = 64 * 1024 * 1024;
/** bytes that one tensor may take */
const maxTensor = 2 ** 30;
/** inflated bytes for each byte of the file, where a dataset is compressed */
const maxRatio = 200;
/** deflate, shuffle, fletcher32 */
const knownFilters: readonly number[] = [1, 2, 3];

/** Numbers by kind and bytes. */
const numberReaders: Partial<Record<string, (view: DataView) => number>> = {
  f4: (view) => view.getFloat32(0, true), f8: (view) => view.getFloat64(0, true),
  i1: (view) => view.getInt8(0), i2: (view) => view.getInt16(0, true), i4: (view) => view.getInt32(0, true), i8: (view) => Number(view.getBigInt64(0, true)),
  u1: (view) => view.getUint8(0), u2: (view) => view.getUint16(0, true), u4: (view) => view.getUint32(0, true), u8: (view) => Number(view.getBigUint64(0, true)),
};

let opened = 0;

/** bytes; arrays of a large file that are at least as long are read when they are asked for */
const lateFrom = 64 * 1024;

/**
 * Opens a file as HDF5 for the time of `use`; always closed and unlinked. Links, virtual and external storage are
 * `format-hostile`, sizes past the limits `format-limit`, what the library cannot read `format-broken`. The file is mounted
 * into h5wasm's memory file system, which cannot reach the host. With `late`, tensors are read from `source` when their bytes are
 * asked for, after `use` too.
 */
export async function withHdf5<T>(source: ByteSource, where: string, use: (file: Hdf5File) => T, late = false): Promise<T> {
  const hdf5 = await hdf5Library();
  const path = `/model-surgery-${++opened}.h5`;
  const paged = pagedSource(source);
  const failure = mountSource(hdf5.FS, path, paged);
  const file: DoorFile = { where, size: source.size, raw: new RawHdf5(paged, where), failure, ...(late ? { source } : {}) };
  try {
    const id = guarded(file, '/', () => hdf5.open(path, hdf5.H5F_ACC_RDONLY, false, -1, -1));
    try {
      return use(new Door(hdf5, id, file));
    } finally {
      closeQuietly(hdf5, id);
    }
  } catch (error) {
    discardHdf5Library();
    throw error;
  } finally {
    hdf5.FS.unlink(path);
  }
}

interface DoorFile {
  readonly where: string;
  /** bytes */
  readonly size: number;
  readonly raw: RawHdf5;
  readonly failure: ReadFailure;
  /** Where tensors are read late from. */
  readonly source?: ByteSource;
}

function closeQuietly(hdf5: Hdf5Library, id: bigint): void {
  try {
    hdf5.close_file(id);
  } catch {
    // A damaged file may fail to close too; what was wrong with it has been said.
  }
}

/** Runs a call into the library and turns what it throws into an error of ours. */
function guarded<T>({ where, failure }: DoorFile, path: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    if (cause instanceof SurgeryError) throw cause;
    if (failure.cause) throw failure.cause;
    const text = cause instanceof Error ? cause.message : String(cause);
    if (text.includes('external raw data file')) throw hostile('A dataset keeps its data in another file.', where, path);
    throw new SurgeryError('format-broken', 'The HDF5 file is damaged.', {
      expected: 'a readable HDF5 object', received: lastReason(text), where: `${where}:${path}`, cause,
    });
  }
}

/** The innermost line of the library's error stack. */
function lastReason(text: string): string {
  const lines = text.split('\n').filter((line) => line.trimStart().startsWith('#'));
  return (lines.at(-1) ?? text).replace(/^.*?\bin /, '').slice(0, 200);
}

function hostile(message: string, where: string, path: string): SurgeryError {
  return new SurgeryError('format-hostile', message, { expected: 'data inside the file itself', where: `${where}:${path}` });
}

/** Numbers of `size` bytes in the other byte order. */
function reversed(bytes: Uint8Array, size: number): Uint8Array {
  const turned = Uint8Array.from(bytes);
  for (let at = 0; at < turned.length; at += size) turned.subarray(at, at + size).reverse();
  return turned;
}

class Door implements Hdf5File {
  private readonly kinds = new Map<string, Kind | undefined>([['/', 'group']]);
  private readonly names = new Map<string, readonly string[]>();
  private readonly nameSets = new Map<string, ReadonlySet<string>>();
  private readonly attributeNames = new Map<string, ReadonlySet<string>>();

  constructor(
    private readonly hdf5: Hdf5Library,
    private readonly id: bigint,
    private readonly file: DoorFile,
  ) {}

  members(group: string): readonly { name: string; kind: Kind }[] {
    const path = this.resolve(group);
    this.expect(path, 'group');
    return this.namesIn(path).map((name) => ({ name, kind: this.kindOfMember(path, name) }));
  }

  has(path: string): boolean {
    return this.kindOf(this.resolve(path)) !== undefined;
  }

  attribute(path: string, name: string): string | number | readonly string[] | undefined {
    const full = this.resolve(path);
    if (this.kindOf(full) === undefined) throw this.broken('There is no such object.', full);
    if (!this.attributesOf(full).has(name)) return undefined;
    const metadata = this.call(full, () => this.hdf5.get_attribute_metadata(this.id, full, name));
    if (!metadata.shape || metadata.total_size === 0) return [];
    const raw = this.rawAttribute(full, name, metadata);
    const strings = metadata.type === this.hdf5.H5T_class_t.H5T_STRING.value;
    if (strings) return metadata.shape.length === 0 ? (raw as string[])[0] : (raw);
    return raw;
  }

  tensor(path: string): StoredTensor {
    const full = this.resolve(path);
    this.expect(full, 'dataset');
    const metadata = this.call(full, () => this.hdf5.get_dataset_metadata(this.id, full));
    if (metadata.virtual_sources) throw hostile('A dataset is a view of other files.', this.file.where, full);
    if (!metadata.shape) throw this.broken('A dataset is empty.', full);
    const dtype = this.dtypeOf(metadata, full);
    const length = metadata.size * metadata.total_size;
    const start = this.checkStorage(full, metadata, length);
    const shape = metadata.shape.map(Number);
    const ordered = (bytes: Uint8Array): Uint8Array => (metadata.littleEndian || dtype === 'bfloat16' ? bytes : reversed(bytes, metadata.size));
    const { source } = this.file;
    if (source && start !== undefined && length >= lateFrom) {
      return lazyTensor(shape, dtype, { size: length, part: (offset, count) => ordered(source.readNow(start + offset, count)) });
    }
    return { shape, dtype, bytes: ordered(this.readBytes(full, length)) };
  }

  private call<T>(path: string, call: () => T): T {
    return guarded(this.file, path, call);
  }

  private broken(message: string, path: string, details: { expected?: string; received?: string } = {}): SurgeryError {
    return new SurgeryError('format-broken', message, { ...details, where: `${this.file.where}:${path}` });
  }

  private limit(message: string, path: string, details: { expected: string; received: string }): SurgeryError {
    return new SurgeryError('format-limit', message, { ...details, where: `${this.file.where}:${path}` });
  }

  /** An absolute path without empty components. */
  private resolve(path: string): string {
    const steps = path.split('/').filter((step) => step !== '');
    if (steps.length > maxDepth) {
      throw this.limit('Groups are nested too deeply.', path.slice(0, 200), { expected: `at most ${maxDepth} levels`, received: String(steps.length) });
    }
    if (steps.some((step) => step === '.' || step === '..' || step.includes('\0'))) {
      throw hostile('A name in the file is not a plain name.', this.file.where, path.slice(0, 200));
    }
    return `/${steps.join('/')}`;
  }

  private expect(path: string, kind: Kind): void {
    const found = this.kindOf(path);
    if (found !== kind) {
      throw this.broken(`There is no such ${kind}.`, path, { expected: `a ${kind}`, received: found === undefined ? 'nothing' : `a ${found}` });
    }
  }

  /** What stands at a path; each component is looked up in its parent's list first, so that no link is ever followed. */
  private kindOf(path: string): Kind | undefined {
    if (this.kinds.has(path)) return this.kinds.get(path);
    const cut = path.lastIndexOf('/');
    const parent = cut === 0 ? '/' : path.slice(0, cut);
    const name = path.slice(cut + 1);
    const found = this.kindOf(parent) === 'group' && this.nameSet(parent).has(name) ? this.judge(path) : undefined;
    this.kinds.set(path, found);
    return found;
  }

  private kindOfMember(group: string, name: string): Kind {
    if (name === '' || name.includes('/')) throw hostile('A name in the file is not a plain name.', this.file.where, group);
    const kind = this.kindOf(this.resolve(`${group}/${name}`));
    if (kind === undefined) throw this.broken('A member of a group is missing.', `${group}/${name}`);
    return kind;
  }

  private judge(path: string): Kind {
    return this.call(path, () => {
      const external = this.hdf5.get_external_link(this.id, path) as { filename?: string };
      if (external.filename !== undefined) throw hostile('A link leads to another file.', this.file.where, path);
      if ((this.hdf5.get_symbolic_link(this.id, path) as string | null) !== null) {
        throw hostile('A soft link stands where an object is expected.', this.file.where, path);
      }
      const type = this.hdf5.get_type(this.id, path);
      if (type === this.hdf5.H5G_GROUP) return 'group';
      if (type === this.hdf5.H5G_DATASET) return 'dataset';
      throw this.broken('An object is neither group nor dataset.', path);
    });
  }

  private namesIn(group: string): readonly string[] {
    const known = this.names.get(group);
    if (known) return known;
    const count = this.file.raw.countMembers(this.address(group), group, maxMembers);
    if (count > maxMembers) throw this.limit('A group has too many members.', group, { expected: `at most ${maxMembers}`, received: `${count} or more` });
    const names = this.call(group, () => this.hdf5.get_names(this.id, group, false));
    this.names.set(group, names);
    return names;
  }

  private nameSet(group: string): ReadonlySet<string> {
    const known = this.nameSets.get(group) ?? new Set(this.namesIn(group));
    this.nameSets.set(group, known);
    return known;
  }

  private attributesOf(path: string): ReadonlySet<string> {
    const known = this.attributeNames.get(path);
    if (known) return known;
    const count = this.file.raw.countAttributes(this.address(path), path);
    if (count > maxAttributes) throw this.limit('An object has too many attributes.', path, { expected: `at most ${maxAttributes}`, received: String(count) });
    const names = new Set(this.call(path, () => this.hdf5.get_attribute_names(this.id, path)));
    this.attributeNames.set(path, names);
    return names;
  }

  private rawAttribute(path: string, name: string, metadata: Metadata): string[] | number {
    const length = metadata.size * metadata.total_size;
    // A list of variable strings may name one long string many times: what it would take counts, or else its worst case.
    const most = metadata.vlen ? this.file.raw.variableLength(this.address(path), path, name) ?? metadata.total_size * this.file.size : length;
    if (length > maxAttribute || most > maxAttribute) {
      throw this.limit('An attribute is too large.', `${path}@${name}`, { expected: `at most ${maxAttribute} bytes`, received: String(most) });
    }
    return this.withMemory(length, (pointer) => this.call(`${path}@${name}`, () => {
      this.hdf5.get_attribute_data(this.id, path, name, BigInt(pointer));
      try {
        return this.decodeAttribute(this.hdf5.HEAPU8.slice(pointer, pointer + length), metadata, `${path}@${name}`);
      } finally {
        if (metadata.vlen) this.hdf5.reclaim_vlen_memory(this.id, path, name, BigInt(pointer));
      }
    }));
  }

  private decodeAttribute(bytes: Uint8Array, metadata: Metadata, path: string): string[] | number {
    const classes = this.hdf5.H5T_class_t;
    if (metadata.type === classes.H5T_STRING.value) return metadata.vlen ? this.variableStrings(bytes, path) : this.fixedStrings(bytes, metadata, path);
    const numeric = metadata.type === classes.H5T_INTEGER.value || metadata.type === classes.H5T_FLOAT.value || metadata.type === classes.H5T_ENUM.value;
    if (!numeric || metadata.total_size !== 1) throw this.broken('An attribute is of an unexpected type.', path, { expected: 'a string, a number or a list of strings' });
    return this.numberIn(bytes, metadata, path);
  }

  private numberIn(bytes: Uint8Array, metadata: Metadata, path: string): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const kind = metadata.type === this.hdf5.H5T_class_t.H5T_FLOAT.value ? 'f' : metadata.signed ? 'i' : 'u';
    const read = numberReaders[`${kind}${metadata.size}`];
    if (!read) throw this.broken('An attribute is a number of an unexpected size.', path);
    return read(view);
  }

  private variableStrings(pointers: Uint8Array, path: string): string[] {
    const view = new DataView(pointers.buffer, pointers.byteOffset, pointers.byteLength);
    const heap = this.hdf5.HEAPU8;
    return Array.from({ length: pointers.length / 4 }, (_, i) => {
      const start = view.getUint32(i * 4, true);
      return start === 0 ? '' : this.text(heap.subarray(start, heap.indexOf(0, start)), path);
    });
  }

  private fixedStrings(bytes: Uint8Array, metadata: Metadata, path: string): string[] {
    return Array.from({ length: metadata.total_size }, (_, i) => {
      const slot = bytes.subarray(i * metadata.size, (i + 1) * metadata.size);
      const end = slot.indexOf(0);
      const text = this.text(end < 0 ? slot : slot.subarray(0, end), path);
      // 2 is H5T_STR_SPACEPAD
      return metadata.strpad === 2 ? text.replace(/ +$/, '') : text;
    });
  }

  private text(bytes: Uint8Array, path: string): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw this.broken('A string of the file is not UTF-8.', path);
    }
  }

  private dtypeOf(metadata: Metadata, path: string): StoredDType {
    const dtype = this.storedType(metadata, path);
    if (dtype !== undefined) return dtype;
    throw new SurgeryError('unsupported', 'A dataset is not of a plain numeric type.', {
      expected: 'floats, integers or booleans', received: `type class ${metadata.type} of ${metadata.size} bytes`, where: `${this.file.where}:${path}`,
    });
  }

  private storedType(metadata: Metadata, path: string): StoredDType | undefined {
    const { H5T_FLOAT, H5T_INTEGER, H5T_ENUM, H5T_OPAQUE } = this.hdf5.H5T_class_t;
    const { type, size, signed } = metadata;
    if (type === H5T_FLOAT.value) return ({ 2: 'float16', 4: 'float32', 8: 'float64' } as const)[size];
    if (type === H5T_INTEGER.value) {
      return signed
        ? ({ 1: 'int8', 2: 'int16', 4: 'int32', 8: 'int64' } as const)[size]
        : ({ 1: 'uint8', 2: 'uint16', 4: 'uint32', 8: 'uint64' } as const)[size];
    }
    if (type === H5T_ENUM.value && size === 1) return 'bool';
    // Keras stores bfloat16 as two opaque bytes, and says so in an attribute in its own files but not in an old `.h5`, which it then cannot load itself.
    if (type === H5T_OPAQUE.value && size === 2 && (this.attribute(path, 'dtype') ?? 'bfloat16') === 'bfloat16') return 'bfloat16';
    return undefined;
  }

  /** Judges declared sizes before anything is allocated. */
  private checkStorage(path: string, metadata: Metadata, length: number): number | undefined {
    const filters = this.call(path, () => this.hdf5.get_dataset_filters(this.id, path));
    const unknown = filters.find(({ id }) => !knownFilters.includes(id));
    if (unknown) {
      throw new SurgeryError('unsupported', 'A dataset is packed with a filter that is not supported.', {
        expected: 'none, deflate, shuffle or fletcher32', received: String(unknown.id), where: `${this.file.where}:${path}`,
      });
    }
    const packed = filters.some(({ id }) => id === 1);
    const most = Math.min(maxTensor, packed ? Math.max(2 ** 20, this.file.size * maxRatio) : this.file.size);
    const chunk = sizeOf(metadata.chunks ?? []) * metadata.size;
    if (length > most || (metadata.chunks !== null && chunk > Math.max(most, 2 ** 20))) {
      throw this.limit('A dataset declares more data than the file can hold.', path, { expected: `at most ${most} bytes`, received: `${Math.max(length, chunk)} bytes` });
    }
    const count = (metadata.chunks ?? []).reduce((product, size, axis) => product * Math.ceil((metadata.shape?.[axis] ?? 0) / size), 1);
    const chunks = metadata.chunks === null ? undefined : { chunkBytes: chunk, count, filters: filters.map(({ id }) => id) };
    return this.file.raw.checkDataset(this.address(path), path, { length, chunks });
  }

  /** Of an object's header, from the start of the HDF5 data. */
  private address(path: string): number {
    const reference = this.call(path, () => this.hdf5.create_object_reference(this.id, path));
    return Number(new DataView(Uint8Array.from(reference).buffer).getBigUint64(0, true));
  }

  private readBytes(path: string, length: number): Uint8Array {
    if (length === 0) return new Uint8Array(0);
    return this.withMemory(length, (pointer) => {
      const status = this.call(path, () => this.hdf5.get_dataset_data(this.id, path, null, null, null, BigInt(pointer)));
      if (status < 0) throw this.broken('A dataset cannot be read.', path);
      return this.hdf5.HEAPU8.slice(pointer, pointer + length);
    });
  }

  private withMemory<T>(length: number, use: (pointer: number) => T): T {
    const pointer = this.hdf5._malloc(Math.max(length, 8));
    if (pointer === 0) {
      throw new SurgeryError('format-limit', 'There is not enough memory for a part of the file.', { received: `${length} bytes`, where: this.file.where });
    }
    this.hdf5.HEAPU8.fill(0, pointer, pointer + length);
    try {
      return use(pointer);
    } finally {
      this.hdf5._free(pointer);
    }
  }
}
