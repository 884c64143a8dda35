import { SurgeryError } from '../errors';
import type { Model } from '../model/model';
import { sizeOf } from '../model/tensor';
import type { DataReference, DataSetPlan, Plan } from '../plan/plan';
import { RandomStream } from '../training/random';
import type { DataArray, DataRole, Wanted } from './dataArray';
import type { DataSet, DataSets, SampleArray } from './dataSet';
import { keepClasses, type KeptClasses, mappedTargets, numberedAs, requireLabels } from './keepClasses';
import { splitReference } from './readArrays';
import { takeSamples } from './takeSamples';

/** What loading asks of the outside. */
export interface LoadOptions {
  /** Whose inputs and outputs the sets are for. */
  readonly model: Model;
  /** Seed of `take`. */
  readonly seed: number;
  /** Words of labels are numbered as in this set: the training set of the plan. */
  readonly labelsOf: DataSetPlan;
  /** The array that a reference means, as it stands in the plan. */
  readonly open: (reference: string, wanted: Wanted) => Promise<DataArray>;
}

export const setNames = ['train', 'validation', 'test'] as const;

/** All sets of a plan. Throws what `loadSet` throws. */
export async function loadSets(data: Plan['data'], options: Omit<LoadOptions, 'labelsOf'>): Promise<DataSets> {
  const load = (name: (typeof setNames)[number], plan: DataSetPlan): Promise<DataSet> => loadSet(plan, `data.${name}`, { ...options, labelsOf: data.train });
  return {
    train: await load('train', data.train),
    ...(data.validation ? { validation: await load('validation', data.validation) } : {}),
    ...(data.test ? { test: await load('test', data.test) } : {}),
  };
}

/**
 * One set: its samples chosen by class and by lot, then read. `where` is its JSON path in the plan: errors and the random stream are
 * named by it. Throws `data-mismatch` where arrays and model do not fit together, `data-broken` and `file-…` where reading fails.
 */
export async function loadSet(plan: DataSetPlan, where: string, options: LoadOptions): Promise<DataSet> {
  const opened = await openSet(plan, where, options);
  const samples = requireSamples(opened, where);
  const kept = plan.classes ? await keptClasses(opened.targets, plan.classes, `${where}.classes`) : null;
  const draw = (count: number): Int32Array => takeSamples(kept?.rows.length ?? samples, { count, stream: new RandomStream(options.seed, `sample/${where}`), where: `${where}.take` });
  const drawn = plan.take === undefined ? null : draw(plan.take);
  const rows = rowsOf(kept, drawn);
  const [inputs, targets, weights] = [await readAll(opened.inputs, rows), await readAll(opened.targets, rows), await readAll(opened.sampleWeights, rows)];
  const scale = plan.scale ?? 1;
  return {
    samples: rows?.length ?? samples,
    inputs: mapValues(inputs, (array) => ({ ...array, scale })),
    targets: kept ? mapped(targets, kept, drawn) : await numbered(targets, opened.targets, { where, options }),
    ...(opened.sampleWeights.length === 0 ? {} : { sampleWeights: asWeights(weights, where) }),
  };
}

/** The samples of the file that are kept and drawn; null for all. */
function rowsOf(kept: KeptClasses | null, drawn: Int32Array | null): Int32Array | null {
  return kept && drawn ? drawn.map((row) => kept.rows[row]) : kept?.rows ?? drawn;
}

function mapped(targets: Readonly<Record<string, SampleArray>>, { numbers }: KeptClasses, drawn: Int32Array | null): Record<string, SampleArray> {
  return mapValues(targets, ({ shape }) => mappedTargets(drawn ? Array.from(drawn, (row) => numbers[row]) : numbers, shape));
}

type Named<T> = readonly (readonly [string, T])[];

type OpenedSet = Readonly<Record<DataRole, Named<DataArray>>>;

const roles: readonly DataRole[] = ['inputs', 'targets', 'sampleWeights'];

async function openSet(plan: DataSetPlan, where: string, { model, open }: LoadOptions): Promise<OpenedSet> {
  const { inputs, outputs } = model.root.network;
  const named = roles.flatMap((role) => {
    const reference = plan[role];
    const ends = role === 'inputs' ? inputs : outputs;
    return reference === undefined ? [] : namedReferences(reference, ends.map(({ name }) => name), `${where}.${role}`).map(([name, place]) => ({ role, name, place }));
  });
  const opened: Record<DataRole, [string, DataArray][]> = { inputs: [], targets: [], sampleWeights: [] };
  for (const { role, name, place } of named) {
    const sample = role === 'inputs' ? inputs.find((input) => input.name === name)?.shape.slice(1) : undefined;
    const array = await open(place, { role, ...(sample ? { sample } : {}), without: columnsOfOthers(place, named.map((other) => other.place)) });
    if (array.samples === undefined) throw new SurgeryError('data-mismatch', 'A data array has no axis of samples.', { expected: 'samples along axis 0', received: 'one number', where: `${where}.${role}` });
    opened[role].push([name, array]);
  }
  return opened;
}

/** What other references of a set name in the file that this one means as a whole. */
export function columnsOfOthers(place: string, places: readonly string[]): readonly string[] {
  const { path, member } = splitReference(place);
  if (member !== null) return [];
  return places.map(splitReference).flatMap((other) => (other.path === path && other.member !== null ? [other.member] : []));
}

function namedReferences(reference: DataReference, names: readonly string[], where: string): Named<string> {
  if (typeof reference === 'string') return [[onlyName(names, where), reference]];
  const entries = Object.entries(reference);
  const unknown = entries.find(([name]) => !names.includes(name));
  if (unknown) throw new SurgeryError('data-mismatch', 'The model has no input or output of this name.', { expected: names.join(', '), received: unknown[0], where });
  return entries;
}

function onlyName(names: readonly string[], where: string): string {
  if (names.length === 1) return names[0];
  throw new SurgeryError('data-mismatch', 'The model has several inputs or outputs, and the plan names one file.', {
    expected: `an object of files by name: ${names.join(', ')}`, received: 'one file', where,
  });
}

/** Throws `data-mismatch` where the arrays differ in their samples, or have none. */
function requireSamples(opened: OpenedSet, where: string): number {
  const kinds: Readonly<Record<DataRole, string>> = { inputs: 'inputs', targets: 'targets', sampleWeights: 'sample weights' };
  const lengths = roles.flatMap((role) => opened[role].map(([name, array]) => [`${kinds[role]} ${name}`, array.samples ?? 0] as const));
  const samples = lengths[0][1];
  if (samples > 0 && lengths.every(([, length]) => length === samples)) return samples;
  throw new SurgeryError('data-mismatch', samples === 0 ? 'A data set is empty.' : 'The arrays of a data set differ in their number of samples.', {
    expected: 'the same number of samples in each array, at least 1', received: lengths.map(([name, length]) => `${name}: ${length}`).join(', '), where,
  });
}

async function keptClasses(targets: Named<DataArray>, classes: Readonly<Record<string, number>>, where: string): Promise<KeptClasses> {
  const read = await Promise.all(targets.map(async ([name, array]) => [name, await array.read(null)] as const));
  requireLabels(read, where);
  return keepClasses(read[0][1], classes, where);
}

async function readAll(arrays: Named<DataArray>, rows: Int32Array | null): Promise<Record<string, SampleArray>> {
  const read: Record<string, SampleArray> = {};
  for (const [name, array] of arrays) {
    const { shape, data, words } = await array.read(rows);
    read[name] = { shape, data, scale: 1, ...(words ? { words } : {}) };
  }
  return read;
}

/** Where labels are words, every set counts them as the training set does: a class that a set lacks must not shift the others. */
async function numbered(targets: Readonly<Record<string, SampleArray>>, arrays: Named<DataArray>, { where, options }: { readonly where: string; readonly options: LoadOptions }): Promise<Record<string, SampleArray>> {
  if (!arrays.some(([, { words }]) => words)) return { ...targets };
  const result = { ...targets };
  const places = new Map(namedReferences(options.labelsOf.targets, options.model.root.network.outputs.map(({ name }) => name), 'data.train.targets'));
  for (const [name, { words }] of arrays) {
    const place = places.get(name);
    const trained = words && place !== undefined ? (await options.open(place, { role: 'targets' })).words : undefined;
    if (words) result[name] = numberedAs(targets[name], trained ?? [], `${where}.targets`);
  }
  return result;
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

function asWeights(arrays: Readonly<Record<string, SampleArray>>, where: string): Record<string, Float32Array> {
  return mapValues(arrays, ({ shape, data }) => {
    if (sizeOf(shape) === shape[0]) return Float32Array.from(data);
    throw new SurgeryError('data-mismatch', 'Sample weights are one number for each sample.', { expected: `[${shape[0]}]`, received: `[${shape.join(', ')}]`, where: `${where}.sampleWeights` });
  });
}
