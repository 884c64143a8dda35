import { SurgeryError } from '../errors';

/**
 * What the host holds of one tensor for every sample of a data set: numbers, or texts. Layers that work on texts, or on integers that no
 * engine holds exactly, are computed here, when batches are made; the graph begins with what they give.
 */
export interface HostColumn {
  /** Of one sample. */
  readonly shape: readonly number[];
  /** As it is fed to a program. */
  readonly dtype: 'float32' | 'int32';
  /** Texts: the numbers are places in this list. */
  readonly words?: readonly string[];
  /** The numbers of one sample, row-major; only good until the next call. */
  readonly read: (sample: number) => ArrayLike<number>;
}

/** A column that gives an integer for each element of another one. `find` is asked once for each text. */
export function mappedColumn(column: HostColumn, find: { readonly ofText: (text: string) => number; readonly ofNumber: (value: number) => number }): HostColumn {
  const { words, shape } = column;
  const size = shape.reduce((product, axis) => product * axis, 1);
  const row = new Int32Array(size);
  const known = words && new Map<number, number>();
  const ofPlace = (place: number): number => {
    const found = known?.get(place) ?? find.ofText(words?.[place] ?? '');
    known?.set(place, found);
    return found;
  };
  const each = words ? ofPlace : find.ofNumber;
  return {
    shape,
    dtype: 'int32',
    read: (sample) => {
      const given = column.read(sample);
      for (let at = 0; at < size; at++) row[at] = each(given[at]);
      return row;
    },
  };
}

/** Why a layer that only the host computes stands in a graph after all. */
export function onlyOnHost(className: string): SurgeryError {
  return new SurgeryError('unsupported', `${className} is computed from what the data holds, not inside the network.`, {
    expected: `${className} on an input of the model, or on another layer of this kind`, received: 'a tensor that the network computes',
  });
}

/** Throws `data-mismatch` where a layer that reads texts is given numbers, or the other way round. */
export function requireTexts(column: HostColumn, className: string): readonly string[] {
  if (column.words) return column.words;
  throw new SurgeryError('data-mismatch', `${className} reads texts, and the data holds numbers.`, { expected: 'texts', received: 'numbers' });
}

export function requireNumbers(column: HostColumn, className: string): void {
  if (column.words) throw new SurgeryError('data-mismatch', `${className} reads numbers, and the data holds texts.`, { expected: 'numbers', received: `texts such as ${JSON.stringify(column.words.at(0) ?? '')}` });
}
