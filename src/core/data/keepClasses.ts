import { SurgeryError } from '../errors';
import { sizeOf } from '../model/tensor';
import { readPath, showPath } from '../plan/jsonPath';
import { planInvalid } from '../plan/schema';
import type { SampleArray } from './dataSet';
import type { NumberArray } from './elements';

/** Samples that are kept, ascending, and the numbers that their labels are mapped to. */
export interface KeptClasses {
  readonly rows: Int32Array;
  readonly numbers: readonly number[];
}

/** The samples with these labels: a label is a number, or a word where the file has words. Throws `plan-invalid` for a word where the file has none, `data-mismatch` where none of the labels occurs. */
export function keepClasses({ data, words }: NumberArray, classes: Readonly<Record<string, number>>, where: string): KeptClasses {
  if (!words) requireNumbers(Object.keys(classes), where);
  const mapped = new Map(Object.entries(classes).map(([label, value]) => [words ? words.indexOf(label) : Number(label), value]));
  const kept = Int32Array.from({ length: data.length }, (_, sample) => sample).filter((sample) => mapped.has(data[sample]));
  if (kept.length > 0) return { rows: kept, numbers: Array.from(kept, (sample) => mapped.get(data[sample]) ?? 0) };
  const named = words ? words.slice(0, 5) : data.slice(0, 5);
  throw new SurgeryError('data-mismatch', 'No sample has one of the labels.', { expected: `labels ${Object.keys(classes).join(', ')}`, received: `labels such as ${named.join(', ')}`, where });
}

/** Throws `plan-invalid`: only the data tells whether a label may be a word. */
function requireNumbers(labels: readonly string[], where: string): void {
  const wrong = labels.filter((label) => label.trim() === '' || !Number.isFinite(Number(label)));
  const problems = wrong.map((label) => ({ where: showPath([...readPath(where), label]), message: 'must be a label of the data, such as "5": its labels are numbers' }));
  if (problems.length > 0) throw planInvalid(problems, '');
}

/** Labels as targets, in the shape that they had. */
export function mappedTargets(numbers: readonly number[], shape: readonly number[]): SampleArray {
  const data = numbers.every((number) => Number.isInteger(number)) ? Int32Array.from(numbers) : Float32Array.from(numbers);
  return { shape: [numbers.length, ...shape.slice(1)], data, scale: 1 };
}

/** Throws `data-mismatch` where the targets are no single vector of labels. */
export function requireLabels(targets: readonly (readonly [string, NumberArray])[], where: string): void {
  if (targets.length === 1 && sizeOf(targets[0][1].shape) === targets[0][1].shape[0]) return;
  throw new SurgeryError('data-mismatch', 'Classes are kept by a single vector of labels.', {
    expected: 'targets of one output, one label for each sample', received: targets.map(([name, { shape }]) => `${name} [${shape.join(', ')}]`).join(', '), where,
  });
}

/**
 * Labels numbered by the words of the training set. Throws `data-mismatch` for a word that it has not: nothing that was
 * trained could ever answer it.
 */
export function numberedAs({ shape, data, words = [] }: Pick<SampleArray, 'shape' | 'data' | 'words'>, trained: readonly string[], where: string): SampleArray {
  const numbers = words.map((word) => trained.indexOf(word));
  const unknown = words.find((_, index) => numbers[index] < 0);
  if (unknown !== undefined) {
    throw new SurgeryError('data-mismatch', 'A label is not among those of the training set.', { expected: trained.length === 0 ? 'numbers, as in the training set' : `one of ${trained.slice(0, 20).join(', ')}`, received: unknown, where });
  }
  return { shape, data: Int32Array.from(data, (label) => numbers[label]), scale: 1 };
}
