import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { arraySource } from '../../core/data/arraySource';
import { csvTable } from '../../core/data/csvTable';
import type { DataArray, DataDescription, DataRole, DataSource, Wanted } from '../../core/data/dataArray';
import type { DataSet, DataSets } from '../../core/data/dataSet';
import type { NumberArray } from '../../core/data/elements';
import { keepingDecoder } from '../../core/data/images';
import { columnsOfOthers, loadSet, loadSets, setNames, type LoadOptions } from '../../core/data/loadSets';
import { isParquet, parquetTable } from '../../core/data/parquetTable';
import { splitReference } from '../../core/data/readArrays';
import { tableSource } from '../../core/data/table';
import { SurgeryError } from '../../core/errors';
import type { Model } from '../../core/model/model';
import type { DataSetPlan, Plan } from '../../core/plan/plan';
import { seedsOf } from '../../core/plan/seeds';
import { decodeImage } from '../decodeImage';
import { openFile } from '../fileBytes';
import { imageFolder } from './imageFolder';
import { planFolder, type OpenedPlan } from './planFile';
import { readData } from './readData';

export type SplitName = keyof DataSets;

/** All sets of a plan for a model. Throws what reading throws, and `data-mismatch`. */
export function loadPlanData(opened: OpenedPlan, model: Model): Promise<DataSets> {
  return loadSets(opened.plan.data, optionsFor(opened, model));
}

/** One set of a plan for a model. Throws `usage` where the plan has none of this name. */
export function loadPlanSplit(opened: OpenedPlan, model: Model, split: SplitName): Promise<DataSet> {
  const { data } = opened.plan;
  const set = data[split];
  if (set) return loadSet(set, `data.${split}`, { ...optionsFor(opened, model), labelsOf: data.train });
  const named = Object.keys(data).join(', ');
  return Promise.reject(new SurgeryError('usage', `The plan has no ${split} set.`, { expected: `one of ${named}`, received: split, where: `data.${split}` }));
}

/** Numbers in sets that are kept, 256 MB as they are fed. */
const MOST_KEPT = 2 ** 26;

/** The arrays of a plan's data, each read from the disk once. */
export class PlanArrays {
  private readonly reader: DataReader;
  private readonly sets = new Map<string, DataSet>();
  /** Numbers in `sets`. */
  private kept = 0;

  constructor(private readonly opened: OpenedPlan) {
    this.reader = new DataReader(planFolder(opened));
  }

  /** All sets, for this seed of `take`. Throws what `loadPlanData` throws. */
  async load(model: Model, data: Plan['data'], seed: number): Promise<DataSets> {
    const { train, ...others } = data;
    // All files are read and unpacked at once; what is wrong with one is told when its set is made.
    for (const name of setNames) for (const { place } of referencesOf(data[name])) this.reader.source(place).catch(() => undefined);
    const loaded = { train: await this.set(model, { plan: train, name: 'train', seed, labelsOf: train }) };
    for (const name of setNames) {
      const plan = name === 'train' ? undefined : others[name];
      if (plan) Object.assign(loaded, { [name]: await this.set(model, { plan, name, seed, labelsOf: train }) });
    }
    return loaded;
  }

  /** A set that is not drawn is the same for every seed: it is made once, so that its numbers are turned and scaled once too. */
  private async set(model: Model, { plan, name, seed, labelsOf }: SetOfPlan): Promise<DataSet> {
    const load = (): Promise<DataSet> => loadSet(plan, `data.${name}`, { model, seed, labelsOf, open: (reference, wanted) => this.reader.open(reference, wanted) });
    if (plan.take !== undefined) return load();
    const { inputs, outputs } = model.root.network;
    const key = JSON.stringify([name, plan, inputs.map((input) => [input.name, input.shape]), outputs.map((output) => output.name)]);
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

  /** What tells the data of a set from any other. */
  identify(split: SplitName): Promise<readonly NumberArray[]> {
    const references = referencesOf(this.opened.plan.data[split]);
    const places = references.map(({ place }) => place);
    return Promise.all(references.map(async ({ place, role }) => {
      const source = await this.reader.source(place);
      return source.identify(splitReference(place).member, { role, without: columnsOfOthers(place, places) });
    }));
  }
}

interface SetOfPlan {
  readonly plan: DataSetPlan;
  readonly name: SplitName;
  readonly seed: number;
  /** The training set. */
  readonly labelsOf: DataSetPlan;
}

interface RoledReference {
  readonly role: DataRole;
  readonly place: string;
}

function referencesOf(set: DataSetPlan | undefined): readonly RoledReference[] {
  const roles = ['inputs', 'targets'] as const;
  return set ? roles.flatMap((role) => { const given = set[role]; return (typeof given === 'string' ? [given] : Object.values(given)).map((place) => ({ role, place })); }) : [];
}

function optionsFor(opened: OpenedPlan, model: Model): Omit<LoadOptions, 'labelsOf'> {
  const reader = new DataReader(planFolder(opened));
  return { model, seed: seedsOf(opened.plan).sample, open: (reference, wanted) => reader.open(reference, wanted) };
}

/** Opens arrays by reference, relative to a folder; each file is read from the disk once. */
class DataReader {
  private readonly sources = new Map<string, Promise<DataSource>>();

  constructor(private readonly folder: string) {}

  source(reference: string): Promise<DataSource> {
    const { path } = splitReference(reference);
    const source = this.sources.get(path) ?? openData(resolve(this.folder, path), path);
    this.sources.set(path, source);
    return source;
  }

  async open(reference: string, wanted: Wanted): Promise<DataArray> {
    return (await this.source(reference)).open(splitReference(reference).member, wanted);
  }
}

const tables = /\.(csv|tsv)(\.gz)?$/i;

/** A data file, told by what it holds; a text with separators by its name. `where` is what errors call it. Throws `file-…`, `data-broken`, `format-…`. */
export async function openData(path: string, where = path): Promise<DataSource> {
  if (await stat(path).then((status) => status.isDirectory(), () => false)) return imageFolder(path);
  const file = await openFile(path);
  try {
    const start = await file.read(0, Math.min(4, file.size));
    // Ranges are read after the file was closed too, as long as it is the same.
    if (isParquet(start)) return tableSource(await parquetTable({ name: where, size: file.size, read: (offset, length) => Promise.resolve(file.readNow(offset, length)) }), keepingDecoder(decodeImage));
  } finally {
    await file.close();
  }
  const bytes = await readData(path);
  return tables.test(path) ? tableSource(csvTable(asText(bytes, where), where), keepingDecoder(decodeImage)) : arraySource(bytes, where);
}

/** bytes; what one text of V8 may hold */
const largestText = 2 ** 29 - 32;

function asText(bytes: Uint8Array, where: string): string {
  if (bytes.length > largestText) throw new SurgeryError('format-limit', 'The table is too large to be read as text.', { expected: `at most ${largestText} bytes; Parquet and .npy may be larger`, received: `${bytes.length} bytes`, where });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SurgeryError('data-broken', 'The table is no text in UTF-8.', { expected: 'a text with separators in UTF-8', where, cause });
  }
}

/** What a data file or folder holds. Throws `file-…`, `data-broken`, `format-…`. */
export async function describeData(path: string): Promise<readonly DataDescription[]> {
  return (await openData(path)).describe();
}
