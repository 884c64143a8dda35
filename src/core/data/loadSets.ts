import { SurgeryError } from '../errors';
import type { Model } from '../model/model';
import { sizeOf } from '../model/tensor';
import type { DataReference, DataSetPlan, Plan } from '../plan/plan';
import { RandomStream } from '../training/random';
import type { DataSet, DataSets, SampleArray } from './dataSet';
import type { NumberArray } from './elements';
import { keepClasses } from './keepClasses';
import { takeSamples } from './takeSamples';

/** What loading asks of the outside. */
export interface LoadOptions {
  /** Whose inputs and outputs the sets are for. */
  readonly model: Model;
  /** Seed of `take`. */
  readonly seed: number;
  /** The array that a reference means, as it stands in the plan. */
  readonly read: (reference: string) => Promise<NumberArray>;
}

export const setNames = ['train', 'validation', 'test'] as const;

/** All sets of a plan. Throws what `loadSet` throws. */
export async function loadSets(data: Plan['data'], options: LoadOptions): Promise<DataSets> {
  const load = (name: (typeof setNames)[number], plan: DataSetPlan): Promise<DataSet> => loadSet(plan, `data.${name}`, options);
  return {
    train: await load('train', data.train),
    ...(data.validation ? { validation: await load('validation', data.validation) } : {}),
    ...(data.test ? { test: await load('test', data.test) } : {}),
  };
}

/**
 * One set: read, filtered by class, sub-sampled. `where` is its JSON path in the plan: errors and the random stream are named
 * by it. Throws `data-mismatch` where arrays and model do not fit together, `data-broken` and `file-…` where reading fails.
 */
export async function loadSet(plan: DataSetPlan, where: string, options: LoadOptions): Promise<DataSet> {
  const { inputs, outputs } = options.model.root.network;
  const [inputNames, outputNames] = [inputs.map(({ name }) => name), outputs.map(({ name }) => name)];
  const readAll = (reference: DataReference, names: readonly string[], key: string): Promise<Record<string, SampleArray>> =>
    readNamed(reference, { names, where: `${where}.${key}`, read: options.read });
  const scale = plan.scale ?? 1;
  const whole: DataSet = withSamples({
    inputs: Object.fromEntries(Object.entries(await readAll(plan.inputs, inputNames, 'inputs')).map(([name, array]) => [name, { ...array, scale }])),
    targets: await readAll(plan.targets, outputNames, 'targets'),
    ...(plan.sampleWeights === undefined ? {} : { sampleWeights: asWeights(await readAll(plan.sampleWeights, outputNames, 'sampleWeights'), where) }),
  }, where);
  const kept = plan.classes ? keepClasses(whole, plan.classes, `${where}.classes`) : whole;
  if (plan.take === undefined) return kept;
  return takeSamples(kept, { count: plan.take, stream: new RandomStream(options.seed, `sample/${where}`), where: `${where}.take` });
}

interface NamedReading {
  /** The model's inputs or outputs. */
  readonly names: readonly string[];
  readonly where: string;
  readonly read: LoadOptions['read'];
}

async function readNamed(reference: DataReference, { names, where, read }: NamedReading): Promise<Record<string, SampleArray>> {
  const entries = typeof reference === 'string' ? [[onlyName(names, where), reference] as const] : Object.entries(reference);
  const arrays: Record<string, SampleArray> = {};
  for (const [name, file] of entries) {
    if (!names.includes(name)) throw new SurgeryError('data-mismatch', 'The model has no input or output of this name.', { expected: names.join(', '), received: name, where });
    const { shape, data, words } = await read(file);
    if (shape.length === 0) throw new SurgeryError('data-mismatch', 'A data array has no axis of samples.', { expected: 'samples along axis 0', received: 'one number', where });
    arrays[name] = { shape, data, scale: 1, ...(words ? { words } : {}) };
  }
  return arrays;
}

function onlyName(names: readonly string[], where: string): string {
  if (names.length === 1) return names[0];
  throw new SurgeryError('data-mismatch', 'The model has several inputs or outputs, and the plan names one file.', {
    expected: `an object of files by name: ${names.join(', ')}`, received: 'one file', where,
  });
}

/** Throws `data-mismatch` where the arrays differ in their samples, or have none. */
function withSamples(set: Omit<DataSet, 'samples'>, where: string): DataSet {
  const lengths = [
    ...Object.entries({ ...set.inputs }).map(([name, { shape }]) => [`inputs ${name}`, shape[0]] as const),
    ...Object.entries({ ...set.targets }).map(([name, { shape }]) => [`targets ${name}`, shape[0]] as const),
    ...Object.entries(set.sampleWeights ?? {}).map(([name, { length }]) => [`sample weights ${name}`, length] as const),
  ];
  const samples = lengths[0][1];
  if (samples > 0 && lengths.every(([, length]) => length === samples)) return { samples, ...set };
  throw new SurgeryError('data-mismatch', samples === 0 ? 'A data set is empty.' : 'The arrays of a data set differ in their number of samples.', {
    expected: 'the same number of samples in each array, at least 1', received: lengths.map(([name, length]) => `${name}: ${length}`).join(', '), where,
  });
}

function asWeights(arrays: Readonly<Record<string, SampleArray>>, where: string): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(arrays).map(([name, { shape, data }]) => {
    if (sizeOf(shape) === shape[0]) return [name, Float32Array.from(data)];
    throw new SurgeryError('data-mismatch', 'Sample weights are one number for each sample.', { expected: `[${shape[0]}]`, received: `[${shape.join(', ')}]`, where: `${where}.sampleWeights` });
  }));
}
