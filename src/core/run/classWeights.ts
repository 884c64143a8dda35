import { SurgeryError } from '../errors';
import type { DataSet, SampleArray } from '../data/dataSet';

/**
 * The set with a weight for each sample by its class, as Keras turns `class_weight` into sample weights: the class is the
 * largest of a one-hot row, or the rounded target; a class that is not named weighs 1. Weights that the set has are multiplied.
 * Throws `unsupported` with several outputs, as Keras.
 */
export function weighClasses(set: DataSet, weights: Readonly<Record<string, number>> | undefined): DataSet {
  if (!weights) return set;
  const outputs = Object.entries(set.targets);
  const single = outputs.at(0);
  if (!single || outputs.length > 1) {
    throw new SurgeryError('unsupported', 'Class weights need a model with one output.', {
      expected: 'one output', received: `${outputs.length} outputs`, where: 'classWeights',
    });
  }
  const [output, target] = single;
  const given = set.sampleWeights?.[output];
  const laid = Float32Array.from(classesOf(target), (label, sample) => (weights[String(label)] ?? 1) * (given?.[sample] ?? 1));
  return { ...set, sampleWeights: { ...set.sampleWeights, [output]: laid } };
}

function classesOf({ shape, data }: SampleArray): Int32Array {
  const samples = shape[0] ?? 0;
  const width = samples === 0 ? 1 : data.length / samples;
  return Int32Array.from({ length: samples }, (_, sample) => (width === 1 ? roundToEven(data[sample]) : largest(data.subarray(sample * width, (sample + 1) * width))));
}

/** As NumPy rounds. */
function roundToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function largest(row: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if (row[i] > row[best]) best = i;
  return best;
}
