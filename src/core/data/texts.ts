import { SurgeryError } from '../errors';
import { sizeOf } from '../model/tensor';
import type { NumberArray } from './elements';

/** How NumPy stores texts of a fixed width. */
export interface TextType {
  /** Code points of four bytes; else bytes of UTF-8. */
  readonly wide: boolean;
  /** Characters of the longest text; shorter ones are filled up with zeros. */
  readonly width: number;
  readonly littleEndian: boolean;
}

/** Texts as places in the sorted list of those that there are. Throws `data-broken` where the bytes do not fill the shape or are no texts. */
export function decodeTexts(bytes: Uint8Array, type: TextType & { readonly shape: readonly number[] }, where: string): NumberArray {
  const { shape, wide, width } = type;
  const count = sizeOf(shape);
  const size = wide ? 4 * width : width;
  if (bytes.byteLength !== count * size) {
    throw new SurgeryError('data-broken', 'The texts of an array do not fill its shape.', { expected: `${count * size} bytes for [${shape.join(', ')}]`, received: `${bytes.byteLength} bytes`, where });
  }
  const read = wide ? wideReader(bytes, type, where) : narrowReader(where);
  return { shape, dtype: 'int32', ...placesOf(Array.from({ length: count }, (_, at) => read(bytes.subarray(at * size, (at + 1) * size), at * size))) };
}

/** Each text once, sorted, and where each stands. */
export function placesOf(texts: readonly string[]): { readonly words: readonly string[]; readonly data: Int32Array } {
  const words = [...new Set(texts)].sort();
  const places = new Map(words.map((word, place) => [word, place]));
  return { words, data: Int32Array.from(texts, (text) => places.get(text) ?? 0) };
}

type ReadText = (bytes: Uint8Array, at: number) => string;

function wideReader(all: Uint8Array, { width, littleEndian }: TextType, where: string): ReadText {
  const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
  return (_, at) => {
    const points = Array.from({ length: width }, (_point, index) => view.getUint32(at + 4 * index, littleEndian));
    while (points.at(-1) === 0) points.pop();
    if (points.every((point) => point <= 0x10ffff)) return points.map((point) => String.fromCodePoint(point)).join('');
    throw new SurgeryError('data-broken', 'A text holds what is no character.', { expected: 'code points', where });
  };
}

function narrowReader(where: string): ReadText {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return (bytes) => {
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end -= 1;
    try {
      return decoder.decode(bytes.subarray(0, end));
    } catch (cause) {
      throw new SurgeryError('data-broken', 'A text is not UTF-8.', { expected: 'UTF-8', where, cause });
    }
  };
}
