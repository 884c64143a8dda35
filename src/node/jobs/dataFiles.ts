import { resolve } from 'node:path';
import type { DataSet, DataSets } from '../../core/data/dataSet';
import type { NumberArray } from '../../core/data/elements';
import { loadSet, loadSets, setNames, type LoadOptions } from '../../core/data/loadSets';
import { readArray, readArrays, splitReference } from '../../core/data/readArrays';
import { SurgeryError } from '../../core/errors';
import type { Model } from '../../core/model/model';
import type { DataSetPlan, Plan } from '../../core/plan/plan';
import { sizeOf } from '../../core/model/tensor';
import { seedsOf } from '../../core/plan/seeds';
import { planFolder, type OpenedPlan } from './planFile';
import { readData } from './readData';

export type SplitName = keyof DataSets;

/** All sets of a plan for a model. Throws what reading throws, and `data-mismatch`. */
export function loadPlanData(opened: OpenedPlan, model: Model): Promise<DataSets> {
  return loadSets(opened.plan.data, optionsFor(opened, model));
}

/** One set of a plan for a model. Throws `usage` where the plan has none of this name. */
export function loadPlanSplit(opened: OpenedPlan, model: Model, split: SplitName): Promise<DataSet> {
  const set = opened.plan.data[split];
  if (set) return loadSet(set, `data.${split}`, optionsFor(opened, model));
  const named = Object.keys(opened.plan.data).join(', ');
  return Promise.reject(new SurgeryError('usage', `The plan has no ${split} set.`, { expected: `one of ${named}`, received: split, where: `data.${split}` }));
}

/** Numbers in sets that are kept, 256 MB as they are fed. */
const MOST_KEPT = 2 ** 26;

/** The arrays of a plan's data, each read from the disk once. */
export class PlanArrays {
  private readonly arrays = new Map<string, Promise<NumberArray>>();
  private readonly sets = new Map<string, DataSet>();
  /** Numbers in `sets`. */
  private kept = 0;
  private readonly read: (reference: string) => Promise<NumberArray>;

  constructor(private readonly opened: OpenedPlan) {
    this.read = dataReader(planFolder(opened));
  }

  /** All sets, for this seed of `take`. Throws what `loadPlanData` throws. */
  async load(model: Model, data: Plan['data'], seed: number): Promise<DataSets> {
    const { train, ...others } = data;
    // All files are read and unpacked at once; what is wrong with one is told when its set is made.
    for (const name of setNames) for (const reference of referencesOf(data[name])) this.array(reference).catch(() => undefined);
    const loaded = { train: await this.set(model, { plan: train, name: 'train', seed }) };
    for (const name of setNames) {
      const plan = name === 'train' ? undefined : others[name];
      if (plan) Object.assign(loaded, { [name]: await this.set(model, { plan, name, seed }) });
    }
    return loaded;
  }

  /** A set that is not drawn is the same for every seed: it is made once, so that its numbers are turned and scaled once too. */
  private async set(model: Model, { plan, name, seed }: { readonly plan: DataSetPlan; readonly name: SplitName; readonly seed: number }): Promise<DataSet> {
    const load = (): Promise<DataSet> => loadSet(plan, `data.${name}`, { model, seed, read: (reference) => this.array(reference) });
    if (plan.take !== undefined) return load();
    const { inputs, outputs } = model.root.network;
    const key = JSON.stringify([name, plan, inputs.map((input) => input.name), outputs.map((output) => output.name)]);
    const known = this.sets.get(key);
    if (known) return known;
    const made = await load();
    this.keep(key, made);
    return made;
  }

  private keep(key: string, made: DataSet): void {
    const numbers = Object.values(made.inputs).reduce((sum, { data }) => sum + data.length, 0);
    if (this.kept + numbers > MOST_KEPT) this.sets.clear();
    this.kept = this.sets.size === 0 ? numbers : this.kept + numbers;
    this.sets.set(key, made);
  }

  /** What a set is read from, whole. */
  wholeSet(split: SplitName): Promise<readonly NumberArray[]> {
    return Promise.all(referencesOf(this.opened.plan.data[split]).map((reference) => this.array(reference)));
  }

  private array(reference: string): Promise<NumberArray> {
    const known = this.arrays.get(reference) ?? this.read(reference);
    this.arrays.set(reference, known);
    return known;
  }
}

function referencesOf(set: DataSetPlan | undefined): readonly string[] {
  return set ? [set.inputs, set.targets].flatMap((reference) => (typeof reference === 'string' ? [reference] : Object.values(reference))) : [];
}

function optionsFor(opened: OpenedPlan, model: Model): LoadOptions {
  return { model, seed: seedsOf(opened.plan).sample, read: dataReader(planFolder(opened)) };
}

/** Reads arrays by reference, relative to a folder. Archives with several arrays are read from the disk once. */
function dataReader(folder: string): (reference: string) => Promise<NumberArray> {
  const archives = new Map<string, Promise<Uint8Array>>();
  return async (reference) => {
    const { path, member } = splitReference(reference);
    const place = resolve(folder, path);
    const bytes = archives.get(place) ?? readData(place);
    if (member !== null) archives.set(place, bytes);
    return readArray(await bytes, reference);
  };
}

/** An array of a data file, described for whoever writes a plan. */
export interface DataDescription {
  readonly member: string | null;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** The distinct labels of a vector of whole numbers, ascending; null for others and above 1,000 labels. */
  readonly labels: readonly number[] | null;
}

const mostLabels = 1000;

/** What a data file holds. Throws `file-…`, `data-broken`, `format-…`. */
export async function describeData(path: string): Promise<readonly DataDescription[]> {
  return readArrays(await readData(path), path).map((array) => ({ member: array.member, shape: array.shape, dtype: array.dtype, labels: labelsOf(array) }));
}

function labelsOf({ shape, data, dtype }: NumberArray): readonly number[] | null {
  if (shape.length === 0 || sizeOf(shape) !== shape[0] || dtype.startsWith('float')) return null;
  const labels = new Set<number>();
  for (const label of data) {
    labels.add(label);
    if (labels.size > mostLabels) return null;
  }
  return [...labels].sort((a, b) => a - b);
}
