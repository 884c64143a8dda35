import { Unzlib } from 'fflate';
import { SurgeryError } from '../errors';
import type { ByteSource } from '../ports';

/** A message of an object header (HDF5 File Format Specification 3.0, IV.A.2). */
interface Message {
  readonly type: number;
  readonly data: DataView;
}

/** How a dataset is stored. */
export interface StoredChunks {
  /** bytes of a whole chunk */
  readonly chunkBytes: number;
  /** How many chunks the shape needs. */
  readonly count: number;
  /** Filter ids in the order in which they were applied. */
  readonly filters: readonly number[];
}

const messageTypes = { linkInfo: 2, link: 6, externalFiles: 7, layout: 8, attribute: 12, continuation: 16, symbolTable: 17, attributeInfo: 21 } as const;
const layoutClasses = { contiguous: 1, chunked: 2 } as const;
const deflate = 1;
const fletcher32 = 3;
const nowhere = 0xffff_ffff_ffff_ffffn;
const maxMessages = 1_000_000;
const maxTreeLevel = 16;

/**
 * Looks at the bytes of an HDF5 file where the library tells too little: storage in other files, data that was never written,
 * chunks that inflate to another size than they should (the library would leave stale memory there).
 */
export class RawHdf5 {
  private readonly base: number;

  constructor(private readonly source: ByteSource, private readonly where: string) {
    this.base = this.baseAddress();
  }

  /**
   * Throws `format-hostile` for a dataset that keeps its data in other files, `format-broken` for one that lacks data. `header`
   * is the address of its object header, `length` the bytes of the whole dataset. Gives where in the file the data stands when it
   * stands there as it is and in one piece.
   */
  checkDataset(header: number, path: string, { length, chunks }: { length: number; chunks: StoredChunks | undefined }): number | undefined {
    const messages = this.messages(header, path);
    if (messages.some(({ type }) => type === messageTypes.externalFiles)) {
      throw new SurgeryError('format-hostile', 'A dataset keeps its data in another file.', { expected: 'data inside the file itself', where: `${this.where}:${path}` });
    }
    const layout = messages.find(({ type }) => type === messageTypes.layout)?.data;
    if (!layout || layout.byteLength < 2) throw this.broken('A dataset does not say where its data is.', path);
    if (length === 0) return undefined;
    if (!chunks) return this.checkContiguous(layout, path, length);
    this.checkChunks(layout, path, chunks);
    return undefined;
  }

  /** Bytes that the strings of an attribute take together; undefined where only the library can tell. */
  variableLength(header: number, path: string, name: string): number | undefined {
    const found = this.messages(header, path).filter(({ type }) => type === messageTypes.attribute).map(({ data }) => attributeData(data)).find((attribute) => attribute?.name === name);
    if (!found) return undefined;
    let sum = 0;
    const heaps = new Set<bigint>();
    for (let at = 0; at + 16 <= found.data.byteLength; at += 16) {
      sum += found.data.getUint32(at, true);
      heaps.add(found.data.getBigUint64(at + 4, true));
    }
    for (const heap of heaps) this.checkHeap(heap, path);
    return sum;
  }

  /** A global heap: the library does not come to an end where a free part of it says that it has no size. */
  private checkHeap(heap: bigint, path: string): void {
    if (heap === nowhere || heap === 0n) return;
    const address = this.base + Number(heap);
    const head = this.slice(address, 16, path);
    const size = Number(head.getBigUint64(8, true));
    if (head.getUint32(0, false) !== 0x47434f4c || size < 32) throw this.broken('A heap of strings is damaged.', path);
    this.requireInside(address, size, path);
    for (let at = 16; at + 16 <= size;) {
      const part = this.slice(address + at, 16, path);
      const length = Number(part.getBigUint64(8, true));
      const isFree = part.getUint16(0, true) === 0;
      const taken = isFree ? length : 16 + Math.ceil(length / 8) * 8;
      if (taken < 16 || at + taken > size) throw this.broken('A heap of strings is damaged.', path);
      at += taken;
    }
  }

  /** How many members a group has, without listing them; counting ends past `most`. */
  countMembers(header: number, path: string, most: number): number {
    const messages = this.messages(header, path);
    const table = messages.find(({ type }) => type === messageTypes.symbolTable)?.data;
    if (table) return this.countSymbols(this.base + Number(table.getBigUint64(0, true)), path, most);
    const info = messages.find(({ type }) => type === messageTypes.linkInfo)?.data;
    const indexAt = info && info.getUint8(1) & 1 ? 18 : 10;
    return messages.filter(({ type }) => type === messageTypes.link).length + this.recordsAt(info, indexAt, path);
  }

  /** How many attributes an object has, without listing them. */
  countAttributes(header: number, path: string): number {
    const messages = this.messages(header, path);
    const info = messages.find(({ type }) => type === messageTypes.attributeInfo)?.data;
    const indexAt = info && info.getUint8(1) & 1 ? 12 : 10;
    return messages.filter(({ type }) => type === messageTypes.attribute).length + this.recordsAt(info, indexAt, path);
  }

  /** The total of the version 2 B-tree whose address stands at `at` of a message; 0 where there is none. */
  private recordsAt(info: DataView | undefined, at: number, path: string): number {
    if (!info || info.byteLength < at + 8) return 0;
    const address = info.getBigUint64(at, true);
    return address === nowhere ? 0 : Number(this.slice(this.base + Number(address), 38, path).getBigUint64(26, true));
  }

  /** Symbols in the leaves of an old group's B-tree. */
  private countSymbols(address: number, path: string, most: number): number {
    const head = this.slice(address, 24, path);
    const entries = head.getUint16(6, true);
    const level = head.getUint8(5);
    if (level > maxTreeLevel) throw this.broken('The index of a group is damaged.', path);
    const body = this.slice(address + 24, 8 + entries * 16, path);
    let count = 0;
    for (let entry = 0; entry < entries && count <= most; entry++) {
      const child = this.base + Number(body.getBigUint64(8 + entry * 16, true));
      if (level > 0 && this.slice(child, 24, path).getUint8(5) >= level) throw this.broken('The index of a group is damaged.', path);
      count += level > 0 ? this.countSymbols(child, path, most - count) : this.slice(child, 8, path).getUint16(6, true);
    }
    return count;
  }

  private broken(message: string, path: string, received?: string): SurgeryError {
    return new SurgeryError('format-broken', message, { where: `${this.where}:${path}`, ...(received === undefined ? {} : { received }) });
  }

  /** Where addresses count from. The superblock stands at 0, 512, 1024, 2048, … */
  private baseAddress(): number {
    for (let at = 0; at + 48 <= this.source.size; at = at === 0 ? 512 : at * 2) {
      const head = this.slice(at, 48, '/');
      if (head.getUint32(0, false) !== 0x89484446) continue;
      const version = head.getUint8(8);
      const sizes = version < 2 ? 13 : 9;
      if (head.getUint8(sizes) !== 8 || head.getUint8(sizes + 1) !== 8) {
        throw new SurgeryError('unsupported', 'The HDF5 file uses addresses of an unusual size.', { expected: '8 bytes', where: this.where });
      }
      const place = version === 0 ? 24 : version === 1 ? 28 : 12;
      return Number(head.getBigUint64(place, true));
    }
    throw new SurgeryError('format-broken', 'The file is no HDF5 file.', { where: this.where });
  }

  private slice(address: number, length: number, path: string): DataView {
    this.requireInside(address, length, path);
    const bytes = this.source.readNow(address, length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  private requireInside(address: number, length: number, path: string): void {
    if (!(address >= 0 && length >= 0 && address + length <= this.source.size)) throw this.broken('An address leads outside the file.', path);
  }

  private messages(header: number, path: string): Message[] {
    const start = this.base + header;
    const isNew = this.slice(start, 16, path).getUint32(0, false) === 0x4f484452;
    return isNew ? this.newMessages(start, path) : this.oldMessages(start, path);
  }

  private oldMessages(start: number, path: string): Message[] {
    const head = this.slice(start, 16, path);
    return this.collect([this.slice(start + 16, head.getUint32(8, true), path)], path, (block, at) => ({
      type: block.getUint16(at, true), size: block.getUint16(at + 2, true), head: 8,
    }));
  }

  private newMessages(start: number, path: string): Message[] {
    const flags = this.slice(start, 16, path).getUint8(5);
    const sizeAt = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
    const wide = 1 << (flags & 3);
    const sizes = this.slice(start + sizeAt, wide, path);
    const size = wide === 1 ? sizes.getUint8(0) : wide === 2 ? sizes.getUint16(0, true) : wide === 4 ? sizes.getUint32(0, true) : Number(sizes.getBigUint64(0, true));
    const head = flags & 4 ? 6 : 4;
    return this.collect([this.slice(start + sizeAt + wide, size, path)], path, (block, at) => ({
      type: block.getUint8(at), size: block.getUint16(at + 1, true), head,
    }));
  }

  /** The messages of a header's blocks; continuations are appended to `blocks` as they are met. */
  private collect(blocks: DataView[], path: string, read: (block: DataView, at: number) => { type: number; size: number; head: number }): Message[] {
    const messages: Message[] = [];
    for (const block of blocks) {
      const { start, end } = messageRange(block);
      for (let at = start; at + 8 <= end;) {
        const { type, size, head } = read(block, at);
        if (at + head + size > end) break;
        const data = new DataView(block.buffer, block.byteOffset + at + head, size);
        messages.push({ type, data });
        if (type === messageTypes.continuation && size >= 16) blocks.push(this.continuation(data, path));
        if (messages.length > maxMessages) throw this.broken('An object header does not end.', path);
        at += head + size;
      }
    }
    return messages;
  }

  private continuation(data: DataView, path: string): DataView {
    return this.slice(this.base + Number(data.getBigUint64(0, true)), Number(data.getBigUint64(8, true)), path);
  }

  private checkContiguous(layout: DataView, path: string, length: number): number | undefined {
    const version = layout.getUint8(0);
    if (version < 3 || layout.getUint8(1) !== layoutClasses.contiguous) return undefined;
    const address = layout.getBigUint64(2, true);
    if (address === nowhere) throw this.broken('A dataset was declared and never written.', path);
    const start = this.base + Number(address);
    this.requireInside(start, length, path);
    return start;
  }

  private checkChunks(layout: DataView, path: string, chunks: StoredChunks): void {
    const version = layout.getUint8(0);
    const tree = version === 3 && layout.getUint8(1) === layoutClasses.chunked;
    if (tree) {
      this.checkTree({ rank: layout.getUint8(2), root: layout.getBigUint64(3, true) }, path, chunks);
      return;
    }
    if (chunks.filters.length === 0) return;
    throw new SurgeryError('unsupported', 'A dataset is packed in a form that cannot be checked.', {
      expected: 'chunks in a version 1 B-tree', received: `layout version ${version}`, where: `${this.where}:${path}`,
    });
  }

  /** A version 1 B-tree: every chunk must be there and be of the right size when unpacked. */
  private checkTree({ rank, root }: { rank: number; root: bigint }, path: string, chunks: StoredChunks): void {
    if (root === nowhere) throw this.broken('A dataset was declared and never written.', path);
    const keySize = 8 + 8 * rank;
    const offsets = new Set<string>();
    const visit = (address: number, level: number): void => {
      const head = this.slice(address, 24, path);
      const count = head.getUint16(6, true);
      const isNode = head.getUint32(0, false) === 0x54524545 && head.getUint8(4) === 1 && head.getUint8(5) === level;
      if (!isNode) throw this.broken('The index of a dataset is damaged.', path);
      const body = this.slice(address + 24, count * (keySize + 8), path);
      for (let entry = 0; entry < count; entry++) {
        const at = entry * (keySize + 8);
        const child = this.base + Number(body.getBigUint64(at + keySize, true));
        if (level > 0) {
          visit(child, level - 1);
          continue;
        }
        offsets.add(Array.from({ length: rank }, (_, axis) => body.getBigUint64(at + 8 + 8 * axis, true)).join());
        this.checkChunk(this.slice(child, body.getUint32(at, true), path), { path, skipped: body.getUint32(at + 4, true) }, chunks);
      }
    };
    const first = this.base + Number(root);
    const level = this.slice(first, 24, path).getUint8(5);
    if (level > maxTreeLevel) throw this.broken('The index of a dataset is damaged.', path);
    visit(first, level);
    if (offsets.size !== chunks.count) throw this.broken('A part of a dataset is missing.', path, `${offsets.size} of ${chunks.count} chunks`);
  }

  /** `skipped`: bit i is set where filter i was not applied to this chunk. */
  private checkChunk(stored: DataView, { path, skipped }: { path: string; skipped: number }, { filters, chunkBytes }: StoredChunks): void {
    let packed: Uint8Array = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
    let length = packed.length;
    for (const [index, filter] of [...filters.entries()].reverse()) {
      if (skipped & (1 << index)) continue;
      if (filter === fletcher32) {
        length -= 4;
        packed = packed.subarray(0, Math.max(0, packed.length - 4));
      }
      if (filter === deflate) length = this.inflatedLength(packed, chunkBytes, path);
    }
    if (length !== chunkBytes) throw this.broken('A chunk of a dataset is of the wrong size.', path, `${length} bytes instead of ${chunkBytes}`);
  }

  private inflatedLength(packed: Uint8Array, most: number, path: string): number {
    let length = 0;
    const inflate = new Unzlib((part) => {
      length += part.length;
      if (length > most + 4) throw this.broken('A chunk of a dataset is of the wrong size.', path);
    });
    try {
      for (let at = 0; at < packed.length; at += 16384) inflate.push(packed.subarray(at, at + 16384), at + 16384 >= packed.length);
    } catch (thrown) {
      if (thrown instanceof SurgeryError) throw thrown;
      throw this.broken('A chunk of a dataset cannot be unpacked.', path);
    }
    return length;
  }
}

/** A continuation of a new header has a signature and a checksum around its messages. */
function messageRange(block: DataView): { start: number; end: number } {
  const isNamed = block.byteLength >= 8 && block.getUint32(0, false) === 0x4f43484b;
  return isNamed ? { start: 4, end: block.byteLength - 4 } : { start: 0, end: block.byteLength };
}

/** Name and data of an attribute message of version 1, 2 or 3; version 1 pads each part to 8 bytes. */
function attributeData(message: DataView): { name: string; data: DataView } | undefined {
  const version = message.getUint8(0);
  if (message.byteLength < 9 || version < 1 || version > 3) return undefined;
  const padded = (size: number): number => (version === 1 ? Math.ceil(size / 8) * 8 : size);
  const nameAt = version === 3 ? 9 : 8;
  const nameSize = message.getUint16(2, true);
  const dataAt = nameAt + padded(nameSize) + padded(message.getUint16(4, true)) + padded(message.getUint16(6, true));
  if (dataAt > message.byteLength || nameSize === 0) return undefined;
  const raw = new Uint8Array(message.buffer, message.byteOffset + nameAt, nameSize - 1);
  return { name: new TextDecoder().decode(raw), data: new DataView(message.buffer, message.byteOffset + dataAt, message.byteLength - dataAt) };
}
