import { SurgeryError } from '../errors';
import { sizeOf } from '../model/tensor';
import type { RandomStream } from '../training/random';
import type { ArrayData, DataSet, SampleArray } from './dataSet';

export interface TakeOptions {
  readonly count: number;
  readonly stream: RandomStream;
  /** JSON path in the plan. */
  readonly where: string;
}

/** Draws samples out of so many without replacement, in the order of the file. Throws `data-mismatch` where there are fewer. */
export function takeSamples(samples: number, { count, stream, where }: TakeOptions): Int32Array {
  if (count > samples) {
    throw new SurgeryError('data-mismatch', 'More samples are to be taken than the set has.', { expected: `at most ${samples}`, received: String(count), where });
  }
  return stream.permutation(samples).slice(0, count).sort();
}

/** The set of these samples, in this order. */
export function pickSamples(set: DataSet, picked: Int32Array): DataSet {
  const pickAll = (arrays: Readonly<Record<string, SampleArray>>): Record<string, SampleArray> =>
    Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, pickRows(array, picked)]));
  const weights = set.sampleWeights && Object.fromEntries(Object.entries(set.sampleWeights).map(([name, all]) => [name, Float32Array.from(picked, (sample) => all[sample])]));
  return { samples: picked.length, inputs: pickAll(set.inputs), targets: pickAll(set.targets), ...(weights ? { sampleWeights: weights } : {}) };
}

/** These samples of an array, in this order. */
export function pickRows<A extends { readonly shape: readonly number[]; readonly data: ArrayData }>(array: A, picked: Int32Array): A {
  const { shape, data } = array;
  const size = sizeOf(shape.slice(1));
  const rows = emptyLike(data, picked.length * size);
  picked.forEach((sample, row) => rows.set(data.subarray(sample * size, (sample + 1) * size), row * size));
  return { ...array, shape: [picked.length, ...shape.slice(1)], data: rows };
}

function emptyLike(data: ArrayData, length: number): ArrayData {
  const Kind = data.constructor as new (length: number) => ArrayData;
  return new Kind(length);
}
