import { SurgeryError } from '../errors';
import { sizeOf } from '../model/tensor';
import { bytesPerElement } from '../weights/decode';
import { type FileParts, joinedParts } from './fileParts';
import {
  ByteWriter, dataspaceMessage, datatypeMessage, fixedStringType, lookup3, nowhere, variableStringType,
} from './hdf5Messages';
import type { StoredTensor } from './storedTensor';

/** An object of the file; groups above it need not be listed. The root is `/`. */
export interface Hdf5Item {
  readonly path: string;
  readonly kind: 'group' | 'dataset';
  /** Of a dataset. */
  readonly tensor?: StoredTensor;
  readonly attributes?: Readonly<Record<string, string | number | readonly string[]>>;
}

type AttributeValue = string | number | readonly string[];

interface Node {
  readonly name: string;
  readonly path: string;
  readonly children: Map<string, Node>;
  item?: Hdf5Item;
}

const message = { dataspace: 1, linkInfo: 2, datatype: 3, fillValue: 5, link: 6, layout: 8, groupInfo: 10, attribute: 12 } as const;
/** bytes of one header message */
const maxMessage = 65_000;
const superblockSize = 48;

/**
 * Writes an HDF5 file (superblock 2, object headers 2, contiguous data, no time stamps: equal items give equal bytes).
 * Written here and not through h5wasm, whose writer knows neither float16 nor bool nor bfloat16. After the HDF5 File
 * Format Specification 3.0. Throws `internal` where an item contradicts itself.
 */
export function writeHdf5(items: readonly Hdf5Item[]): Promise<Uint8Array> {
  return Promise.resolve().then(() => joinedParts(hdf5Parts(items)));
}

/** The same, in pieces: the bytes of a dataset are asked for when its turn comes, and are not kept. */
export function hdf5Parts(items: readonly Hdf5Item[]): FileParts {
  const layout = new FileLayout();
  return layout.file(layout.object(treeOf(items)));
}

function treeOf(items: readonly Hdf5Item[]): Node {
  const root: Node = { name: '', path: '/', children: new Map() };
  for (const item of items) {
    let node = root;
    for (const step of item.path.split('/').filter((part) => part !== '')) {
      const child = node.children.get(step) ?? { name: step, path: `${node.path}${step}/`, children: new Map() };
      node.children.set(step, child);
      node = child;
    }
    if (node.item) throw contradiction('An object is written twice.', item.path);
    node.item = item;
  }
  return root;
}

function contradiction(text: string, where: string): SurgeryError {
  return new SurgeryError('internal', text, { where });
}

interface Block {
  readonly length: number;
  readonly bytes: () => Uint8Array;
}

/** Blocks begin at multiples of it. */
const alignment = 8;
const padded = (length: number): number => Math.ceil(length / alignment) * alignment;

/** Collects the blocks of a file, one after the other. */
class FileLayout {
  private readonly blocks: Block[] = [];
  private end = superblockSize;

  /** Writes an object after all that it refers to; gives the address of its header. */
  object(node: Node): number {
    const isDataset = node.item?.kind === 'dataset';
    if (isDataset && node.children.size > 0) throw contradiction('A dataset has members.', node.path);
    const messages = isDataset ? this.datasetMessages(node) : this.groupMessages(node);
    for (const [name, value] of Object.entries(node.item?.attributes ?? {})) {
      messages.push([message.attribute, this.attribute(name, value)]);
    }
    return this.place(objectHeader(messages, node.path));
  }

  file(root: number): FileParts {
    const { blocks, end } = this;
    return {
      size: end,
      *chunks() {
        yield superblock(root, end);
        for (const { length, bytes } of blocks) {
          yield bytes();
          const rest = padded(length) - length;
          if (rest > 0) yield new Uint8Array(rest);
        }
      },
    };
  }

  private place(bytes: Uint8Array): number {
    return this.placeLater(bytes.length, () => bytes);
  }

  private placeLater(length: number, bytes: () => Uint8Array): number {
    const address = this.end;
    this.blocks.push({ length, bytes });
    this.end += padded(length);
    return address;
  }

  private groupMessages(node: Node): [number, Uint8Array][] {
    const messages: [number, Uint8Array][] = [
      [message.linkInfo, new ByteWriter().u8(0, 0).u64(nowhere).u64(nowhere).done()],
      [message.groupInfo, new ByteWriter().u8(0, 0).done()],
    ];
    for (const child of node.children.values()) messages.push([message.link, hardLink(child.name, this.object(child))]);
    return messages;
  }

  private datasetMessages(node: Node): [number, Uint8Array][] {
    const tensor = node.item?.tensor;
    if (!tensor) throw contradiction('A dataset has no data.', node.path);
    const length = sizeOf(tensor.shape) * bytesPerElement(tensor.dtype);
    const data = (): Uint8Array => {
      const { bytes } = tensor;
      if (length !== bytes.length) throw contradiction('A dataset is not as long as its shape says.', node.path);
      return bytes;
    };
    const address = length === 0 ? nowhere : this.placeLater(length, data);
    return [
      [message.dataspace, dataspaceMessage(tensor.shape)],
      [message.datatype, datatypeMessage(tensor.dtype)],
      // version 3; allocated late, written where set
      [message.fillValue, new ByteWriter().u8(3, 0x0a).done()],
      // version 3, contiguous
      [message.layout, new ByteWriter().u8(3, 1).u64(address).u64(length).done()],
    ];
  }

  private attribute(name: string, value: AttributeValue): Uint8Array {
    const { type, shape, data } = this.attributeData(value);
    const space = dataspaceMessage(shape);
    const raw = new TextEncoder().encode(`${name}\0`);
    // version 3, no shared parts, name in UTF-8
    return new ByteWriter().u8(3, 0).u16(raw.length).u16(type.length).u16(space.length).u8(1).raw(raw).raw(type).raw(space).raw(data).done();
  }

  private attributeData(value: AttributeValue): { type: Uint8Array; shape: readonly number[]; data: Uint8Array } {
    if (typeof value === 'string') return { type: variableStringType(), shape: [], data: this.heapReference(value) };
    if (typeof value === 'number') return numberData(value);
    const texts = value.map((text) => new TextEncoder().encode(text));
    const size = Math.max(1, ...texts.map(({ length }) => length));
    const data = new Uint8Array(size * texts.length);
    texts.forEach((text, i) => data.set(text, i * size));
    return { type: fixedStringType(size), shape: [texts.length], data };
  }

  /** Puts a string into a global heap of its own, so that its length has no limit. */
  private heapReference(text: string): Uint8Array {
    const bytes = new TextEncoder().encode(text);
    const used = 16 + 16 + Math.ceil(bytes.length / 8) * 8;
    const size = Math.max(4096, used + 16);
    const heap = new Uint8Array(size);
    heap.set(new ByteWriter().raw(new TextEncoder().encode('GCOL')).u8(1, 0, 0, 0).u64(size).u16(1).u16(1).u32(0).u64(bytes.length).done());
    heap.set(bytes, 32);
    // object 0 is the free rest, its own head included
    heap.set(new ByteWriter().u64(0).u64(size - used).done(), used);
    return new ByteWriter().u32(bytes.length).u64(this.place(heap)).u32(1).done();
  }
}

function numberData(value: number): { type: Uint8Array; shape: readonly number[]; data: Uint8Array } {
  const data = new Uint8Array(8);
  const whole = Number.isSafeInteger(value);
  if (whole) new DataView(data.buffer).setBigInt64(0, BigInt(value), true);
  else new DataView(data.buffer).setFloat64(0, value, true);
  return { type: datatypeMessage(whole ? 'int64' : 'float64'), shape: [], data };
}

/** Version 1, name length in two bytes, character set given. */
function hardLink(name: string, address: number): Uint8Array {
  const raw = new TextEncoder().encode(name);
  return new ByteWriter().u8(1, 0x11, 1).u16(raw.length).raw(raw).u64(address).done();
}

function objectHeader(messages: readonly (readonly [number, Uint8Array])[], path: string): Uint8Array {
  const size = messages.reduce((sum, [, { length }]) => sum + 4 + length, 0);
  const header = new Uint8Array(10 + size + 4);
  // version 2, length of the messages in four bytes
  header.set(new ByteWriter().raw(new TextEncoder().encode('OHDR')).u8(2, 2).u32(size).done());
  let at = 10;
  for (const [type, bytes] of messages) {
    if (bytes.length > maxMessage) throw contradiction('A part of an object header is too long.', path);
    header.set(new ByteWriter().u8(type).u16(bytes.length).u8(0).done(), at);
    header.set(bytes, at + 4);
    at += 4 + bytes.length;
  }
  new DataView(header.buffer).setUint32(at, lookup3(header.subarray(0, at)), true);
  return header;
}

function superblock(root: number, end: number): Uint8Array {
  const head = new ByteWriter()
    .u8(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a)
    // version 2, offsets and lengths of 8 bytes, no flags
    .u8(2, 8, 8, 0)
    .u64(0).u64(nowhere).u64(end).u64(root)
    .done();
  return new ByteWriter().raw(head).u32(lookup3(head)).done();
}
