import Papa from 'papaparse';
import { SurgeryError } from '../errors';
import type { Column, Table } from './table';

/** Names as a line of CSV: a name with a comma stands in quotes. */
export function splitColumns(text: string): readonly string[] {
  return Papa.parse<string[]>(text, { delimiter: ',' }).data.flat().map((name) => name.trim());
}

/**
 * A text with separators: comma, semicolon, tab or bar, found from its content. The first line names the columns, unless it holds
 * numbers alone: then columns are called 0, 1, … . Numbers are written with a point. Throws `data-broken` for lines of another length, open quotes and
 * names that occur twice.
 */
export function csvTable(text: string, where: string): Table {
  const { names, header, columns, rows } = readNumbers(text, where);
  return {
    where, rows, names,
    column: (name) => {
      const index = names.indexOf(name);
      const { missing, worded, values } = columns[index];
      if (missing !== null) return Promise.reject(new SurgeryError('data-broken', 'A cell is empty.', { expected: 'a value in each row', received: `nothing in row ${missing + 1} of ${rows}`, where: `${where}#${name}` }));
      return Promise.resolve(worded ? readWords(text, { index, header, rows }) : { kind: 'numbers', width: 1, values: values.subarray(0, rows) });
    },
  };
}

interface NumberColumn {
  values: Float64Array;
  /** A cell is no number. */
  worded: boolean;
  /** First row without a value. */
  missing: number | null;
}

interface NumberTable {
  readonly names: readonly string[];
  /** The first line names the columns. */
  readonly header: boolean;
  readonly columns: readonly NumberColumn[];
  readonly rows: number;
}

/** Cells that stand for no value in the tables that pandas and R write. */
const nothing = /^(|na|n\/a|nan|null|none|-nan|#n\/a)$/i;

function readNumbers(text: string, where: string): NumberTable {
  const first = Papa.parse<string[]>(text, { preview: 1, skipEmptyLines: 'greedy' }).data.at(0);
  if (!first) throw new SurgeryError('data-broken', 'The table is empty.', { expected: 'a line of names and one line for each sample', where });
  const header = !first.every((cell) => Number.isFinite(numberIn(cell)));
  const names = header ? first.map((name) => name.trim()) : first.map((_, index) => String(index));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new SurgeryError('data-broken', 'Two columns have one name.', { expected: 'a name for each column', received: twice, where });
  const columns = names.map((): NumberColumn => ({ values: new Float64Array(1024), worded: false, missing: null }));
  let rows = 0;
  eachRow(text, header, (cells) => {
    if (cells.length !== names.length) throw new SurgeryError('data-broken', 'A row has another number of cells than the first.', { expected: `${names.length} cells`, received: `${cells.length} in row ${rows + 1}`, where });
    cells.forEach((cell, index) => { addCell(columns[index], cell, rows); });
    rows += 1;
  }, where);
  return { names, header, columns, rows };
}

function addCell(column: NumberColumn, cell: string, row: number): void {
  if (row === column.values.length) {
    const longer = new Float64Array(row * 2);
    longer.set(column.values);
    column.values = longer;
  }
  const value = numberIn(cell);
  if (!Number.isNaN(value)) column.values[row] = value;
  else if (nothing.test(cell.trim())) column.missing ??= row;
  else column.worded = true;
}

/** NaN for what is no number in decimal. */
function numberIn(cell: string): number {
  const trimmed = cell.trim();
  return /^[+-]?(\d|\.\d|inf)/i.test(trimmed) && !/^[+-]?0[xob]/i.test(trimmed) ? Number(trimmed.replace(/^([+-]?)inf(inity)?$/i, '$1Infinity')) : Number.NaN;
}

/** Words take a second reading: most tables have none, or one column of them. */
function readWords(text: string, { index, header, rows }: { readonly index: number; readonly header: boolean; readonly rows: number }): Column {
  const seen = new Map<string, number>();
  const found = new Int32Array(rows);
  let row = 0;
  eachRow(text, header, (cells) => {
    const word = cells[index].trim();
    const code = seen.get(word) ?? seen.size;
    seen.set(word, code);
    found[row] = code;
    row += 1;
  }, '');
  const words = [...seen.keys()].sort();
  const places = new Map(words.map((word, place) => [seen.get(word) ?? 0, place]));
  return { kind: 'words', words, codes: found.map((code) => places.get(code) ?? 0) };
}

function eachRow(text: string, header: boolean, take: (cells: readonly string[]) => void, where: string): void {
  let named = !header;
  Papa.parse<string[]>(text, {
    skipEmptyLines: 'greedy',
    step: ({ data, errors }) => {
      const broken = errors.find(({ type }) => type === 'Quotes');
      if (broken) throw new SurgeryError('data-broken', 'A quote in the table is not closed.', { received: broken.message, where });
      if (named) take(data);
      named = true;
    },
  });
}
