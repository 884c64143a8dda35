import { SurgeryError } from '../errors';
import { sizeOf } from '../model/tensor';
import { splitColumns } from './csvTable';
import { arrayInMemory, labelsOf, type DataArray, type DataDescription, type DataSource, type Wanted } from './dataArray';
import type { NumberArray } from './elements';
import { imageArray, type ImageDecoder, type StoredImage } from './images';

/** A column of a table, by what it holds. */
export type Column =
  | { readonly kind: 'numbers'; /** Row-major; `width` of them in each row. */ readonly values: Float64Array; readonly width: number }
  | { readonly kind: 'words'; readonly codes: Int32Array; /** Sorted; code i is `words[i]`. */ readonly words: readonly string[] }
  | { readonly kind: 'images'; readonly images: readonly StoredImage[] };

export interface Table {
  readonly where: string;
  readonly rows: number;
  readonly names: readonly string[];
  /** Throws `data-broken` where cells are missing or of several kinds. */
  column(name: string): Promise<Column>;
}

/**
 * A table as arrays: `#column` is one of its columns, `#a,b` several side by side, the file alone every column that the other
 * references of its set do not name. Words are labels, counted in alphabetical order.
 */
export function tableSource(table: Table, decode: ImageDecoder): DataSource {
  const open = (member: string | null, wanted: Wanted): Promise<DataArray> => chosenColumns(table, member, wanted).then((columns) => arrayOf(columns, { table, wanted, decode }));
  return {
    describe: async () => {
      const columns = await Promise.all(table.names.map((name) => table.column(name).then((column) => describeColumn(column, name, table.rows))));
      const width = columns.filter(({ words }) => !words).reduce((sum, { shape }) => sum + sizeOf(shape.slice(1)), 0);
      return [{ member: null, shape: [table.rows, width], dtype: 'float64', labels: null }, ...columns];
    },
    open,
    identify: async (member, wanted) => {
      const columns = await chosenColumns(table, member, wanted);
      const images = columns.flatMap(({ column }) => (column.kind === 'images' ? column.images : []));
      return images.length > 0 ? joinBytes(await Promise.all(images.map(({ read }) => read()))) : arrayOf(columns, { table, wanted: { role: wanted.role }, decode }).read(null);
    },
  };
}

interface NamedColumn {
  readonly name: string;
  readonly column: Column;
}

async function chosenColumns(table: Table, member: string | null, { without = [] }: Wanted): Promise<readonly NamedColumn[]> {
  const others = new Set(without.flatMap((other) => splitColumns(other)));
  const names = member === null ? table.names.filter((name) => !others.has(name)) : splitColumns(member);
  const unknown = names.find((name) => !table.names.includes(name));
  if (unknown !== undefined || names.length === 0) {
    throw new SurgeryError('data-mismatch', 'A data reference names no column of its table.', { expected: `one of ${table.names.slice(0, 50).join(', ')}`, received: unknown ?? 'no column', where: table.where });
  }
  return Promise.all(names.map(async (name) => ({ name, column: await table.column(name) })));
}

interface Reading {
  readonly table: Table;
  readonly wanted: Wanted;
  readonly decode: ImageDecoder;
}

function arrayOf(columns: readonly NamedColumn[], { table, wanted, decode }: Reading): DataArray {
  const [{ column: first }] = columns;
  if (columns.length === 1 && first.kind === 'images') return imageArray(first.images, { sample: wanted.sample, where: table.where, decode });
  const texts = columns.flatMap(({ column }) => (column.kind === 'words' ? [column] : []));
  if (texts.length === columns.length) return arrayInMemory(textsSideBySide(texts, table.rows));
  return arrayInMemory(sideBySide(columns, table, wanted.sample));
}

/** Texts of several columns in each row, as places in the sorted list of all. */
function textsSideBySide(columns: readonly Extract<Column, { kind: 'words' }>[], rows: number): NumberArray {
  const words = columns.length === 1 ? columns[0].words : [...new Set(columns.flatMap((column) => column.words))].sort();
  const places = new Map(words.map((word, place) => [word, place]));
  const data = new Int32Array(rows * columns.length);
  for (const [at, column] of columns.entries()) {
    const own = column.words.map((word) => places.get(word) ?? 0);
    column.codes.forEach((code, row) => { data[row * columns.length + at] = own[code]; });
  }
  return { shape: columns.length === 1 ? [rows] : [rows, columns.length], dtype: 'int32', data, words };
}

/** Numbers of several columns in each row. Rows that are as long as one sample of the model get its shape. */
function sideBySide(columns: readonly NamedColumn[], { rows, where }: Table, sample: Wanted['sample']): NumberArray {
  const numbers = columns.map(({ name, column }) => {
    if (column.kind === 'numbers') return column;
    throw new SurgeryError('data-mismatch', 'A column holds no numbers.', { expected: 'a column of numbers', received: column.kind === 'words' ? `words such as ${column.words.slice(0, 3).join(', ')}` : 'images', where: `${where}#${name}` });
  });
  const width = numbers.reduce((sum, column) => sum + column.width, 0);
  const whole = numbers.every(({ values }) => values.every((value) => Number.isInteger(value) && Math.abs(value) < 2 ** 31));
  const data = whole ? new Int32Array(rows * width) : new Float32Array(rows * width);
  let at = 0;
  for (const { values, width: own } of numbers) {
    for (let row = 0; row < rows; row++) for (let i = 0; i < own; i++) data[row * width + at + i] = values[row * own + i];
    at += own;
  }
  return { shape: [rows, ...sampleShape(width, columns.length === 1 && numbers[0].width === 1, sample)], dtype: whole ? 'int32' : 'float64', data };
}

function sampleShape(width: number, single: boolean, sample: Wanted['sample']): readonly number[] {
  const known = sample?.every((size): size is number => size !== null) ? sample : undefined;
  if (known && sizeOf(known) === width) return known;
  return single ? [] : [width];
}

function describeColumn(column: Column, name: string, rows: number): DataDescription {
  const member = /[",\r\n]|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
  if (column.kind === 'images') return { member, shape: [rows], dtype: 'uint8', labels: null };
  if (column.kind === 'words') return { member, shape: [rows], dtype: 'int32', labels: column.words.map((_, index) => index), words: column.words };
  const array = sideBySide([{ name, column }], { where: name, rows, names: [name], column: () => Promise.resolve(column) }, undefined);
  return { member, shape: array.shape, dtype: array.dtype, labels: labelsOf(array) };
}

function joinBytes(parts: readonly Uint8Array[]): NumberArray {
  const data = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return { shape: [data.length], dtype: 'uint8', data };
}
