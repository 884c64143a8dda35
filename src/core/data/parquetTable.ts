import { SurgeryError } from '../errors';
import type { ByteSource } from '../ports';
import type { StoredImage } from './images';
import type { Column, Table } from './table';
import { placesOf } from './texts';

const magic = 'PAR1';

export function isParquet(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(0, 4)) === magic;
}

/** Of use to few, and long to start: loaded for the first Parquet file, out of the same bundle. */
async function loadLibrary() {
  const [reader, { compressors }] = await Promise.all([import(/* webpackMode: "eager" */ 'hyparquet'), import(/* webpackMode: "eager" */ 'hyparquet-compressors')]);
  return { ...reader, compressors };
}

type ReadableSource = Pick<ByteSource, 'name' | 'size' | 'read'>;

/** A Parquet file as a table: numbers, lists of numbers of one length, words, images as Hugging Face stores them. Columns are read when they are asked for. */
export async function parquetTable(source: ReadableSource): Promise<Table> {
  const { name: where } = source;
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema, compressors } = await loadLibrary();
  const file = { byteLength: source.size, slice: async (start: number, end = source.size) => bufferOf(await source.read(start, end - start)) };
  const metadata = await parquetMetadataAsync(file).catch((cause: unknown) => { throw broken(where, cause); });
  const rows = Number(metadata.num_rows);
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  return {
    where, rows, names,
    column: async (name) => {
      const found = await parquetReadObjects({ file, metadata, columns: [name], compressors, utf8: false }).catch((cause: unknown) => { throw broken(where, cause); });
      return columnOf(found.map((row) => row[name] as unknown), `${where}#${name}`);
    },
  };
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

function broken(where: string, cause: unknown): SurgeryError {
  return new SurgeryError('data-broken', 'The Parquet file cannot be read.', { expected: 'a whole Parquet file', received: cause instanceof Error ? cause.message : String(cause), where, cause });
}

function columnOf(cells: readonly unknown[], where: string): Column {
  const empty = cells.findIndex((cell) => cell === null || cell === undefined);
  if (empty >= 0) throw new SurgeryError('data-broken', 'A cell is empty.', { expected: 'a value in each row', received: `nothing in row ${empty + 1} of ${cells.length}`, where });
  const first = cells.at(0);
  if (typeof first === 'string') return wordsOf(cells, where);
  const image = imageBytes(first);
  if (image) return { kind: 'images', images: cells.map((cell, row): StoredImage => ({ where: `${where} row ${row + 1}`, read: () => Promise.resolve(imageBytes(cell) ?? new Uint8Array(0)) })) };
  return numbersOf(cells, where);
}

/** `{ bytes, path }`, or bytes alone. */
function imageBytes(cell: unknown): Uint8Array | undefined {
  const bytes = typeof cell === 'object' && cell !== null && 'bytes' in cell ? cell.bytes : cell;
  return bytes instanceof Uint8Array ? bytes : undefined;
}

function wordsOf(cells: readonly unknown[], where: string): Column {
  const texts = cells.map((cell) => (typeof cell === 'string' ? cell : refuse(cell, where)));
  const { words, data } = placesOf(texts);
  return { kind: 'words', words, codes: data };
}

function numbersOf(cells: readonly unknown[], where: string): Column {
  const width = listed(cells.at(0))?.flat(Infinity).length ?? 1;
  const values = new Float64Array(cells.length * width);
  cells.forEach((cell, row) => {
    const numbers = listed(cell)?.flat(Infinity) ?? [cell];
    if (numbers.length !== width) throw new SurgeryError('data-broken', 'The lists of a column have several lengths.', { expected: `${width} numbers in each row`, received: `${numbers.length} in row ${row + 1}`, where });
    numbers.forEach((number, index) => { values[row * width + index] = numberOf(number, where); });
  });
  return { kind: 'numbers', values, width };
}

function listed(cell: unknown): readonly unknown[] | undefined {
  if (Array.isArray(cell)) return cell as unknown[];
  return ArrayBuffer.isView(cell) && !(cell instanceof Uint8Array) ? Array.from(cell as unknown as ArrayLike<unknown>) : undefined;
}

function numberOf(cell: unknown, where: string): number {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'bigint' || typeof cell === 'boolean') return Number(cell);
  return refuse(cell, where);
}

function refuse(cell: unknown, where: string): never {
  const received = cell instanceof Date ? 'a time' : Array.isArray(cell) ? 'a list' : typeof cell;
  throw new SurgeryError('unsupported', 'A column holds what is neither numbers, words nor images.', { expected: 'numbers, lists of numbers, words or images', received, where });
}
