import { SurgeryError } from '../errors';
import { sizeOf } from '../model/tensor';
import type { DataSet } from './dataSet';
import { pickSamples } from './takeSamples';

/**
 * Keeps the samples with these labels and gives them the numbers that they are mapped to. Throws `data-mismatch` where the
 * targets are no single vector of labels, or none of the labels occurs.
 */
export function keepClasses(set: DataSet, classes: Readonly<Record<string, number>>, where: string): DataSet {
  const entries = Object.entries(set.targets);
  const [output, target] = entries[0];
  if (entries.length > 1 || sizeOf(target.shape) !== set.samples) {
    throw new SurgeryError('data-mismatch', 'Classes are kept by a single vector of labels.', {
      expected: `targets of one output, [${set.samples}]`, received: entries.map(([name, { shape }]) => `${name} [${shape.join(', ')}]`).join(', '), where,
    });
  }
  const mapped = new Map(Object.entries(classes).map(([label, value]) => [Number(label), value]));
  const kept = Int32Array.from({ length: set.samples }, (_, sample) => sample).filter((sample) => mapped.has(target.data[sample]));
  if (kept.length === 0) {
    throw new SurgeryError('data-mismatch', 'No sample has one of the labels.', { expected: `labels ${[...mapped.keys()].join(', ')}`, received: `labels such as ${target.data.slice(0, 5).join(', ')}`, where });
  }
  const numbers = Array.from(kept, (sample) => mapped.get(target.data[sample]) ?? 0);
  const data = numbers.every((number) => Number.isInteger(number)) ? Int32Array.from(numbers) : Float32Array.from(numbers);
  return { ...pickSamples(set, kept), targets: { [output]: { shape: [kept.length, ...target.shape.slice(1)], data, scale: 1 } } };
}
