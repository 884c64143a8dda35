import { sizeOf, type StoredDType } from '../model/tensor';
import type { NumberArray } from './elements';
import { pickRows } from './takeSamples';

/** What an array of a data set is for, which decides what a file alone means: pictures or their labels, columns or one column. */
export type DataRole = 'inputs' | 'targets' | 'sampleWeights';

/** What whoever opens an array of a data file knows of it. */
export interface Wanted {
  readonly role: DataRole;
  /** Shape of one sample as the model takes it, null where an axis is free; none where nobody knows. */
  readonly sample?: readonly (number | null)[];
  /** Columns that a whole table leaves out: other references of its set name them. */
  readonly without?: readonly string[];
}

/** An array of a data file before its samples are read. */
export interface DataArray {
  /** Length of axis 0; undefined for a single number, which has no samples. */
  readonly samples: number | undefined;
  /** As of `NumberArray`, known before anything is read. */
  readonly words?: readonly string[];
  /** These samples in this order, or all. */
  read(rows: Int32Array | null): Promise<NumberArray>;
}

/** An array of a data file, described for whoever writes a plan. */
export interface DataDescription {
  /** Behind `#` in a reference; null for a file alone. */
  readonly member: string | null;
  readonly shape: readonly number[];
  readonly dtype: StoredDType;
  /** The distinct labels of a vector of whole numbers, ascending; null for others and above 1,000 labels. */
  readonly labels: readonly number[] | null;
  /** The words that labels stand for. */
  readonly words?: readonly string[];
}

/** A data file or folder that is open. */
export interface DataSource {
  describe(): Promise<readonly DataDescription[]>;
  /** Throws `data-mismatch` naming what there is, where `member` is nothing of it. */
  open(member: string | null, wanted: Wanted): Promise<DataArray>;
  /** Numbers that tell this array from any other, whatever model it is read for. */
  identify(member: string | null, wanted: Wanted): Promise<NumberArray>;
}

/** An array that lies in memory. */
export function arrayInMemory(array: NumberArray): DataArray {
  return {
    samples: array.shape.at(0),
    ...(array.words ? { words: array.words } : {}),
    read: (rows) => Promise.resolve(rows ? pickRows(array, rows) : array),
  };
}

const mostLabels = 1000;

/** What a description says of an array's labels. */
export function labelsOf({ shape, data, dtype }: NumberArray): readonly number[] | null {
  if (shape.length === 0 || sizeOf(shape) !== shape[0] || dtype.startsWith('float')) return null;
  const labels = new Set<number>();
  for (const label of data) {
    labels.add(label);
    if (labels.size > mostLabels) return null;
  }
  return [...labels].sort((a, b) => a - b);
}
