import { createHash } from 'node:crypto';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import envPaths from 'env-paths';
import type { SampleArray } from '../../core/data/dataSet';
import { sizeOf } from '../../core/model/tensor';
import { bytesOf, computeArrays, FeatureMemory } from '../../core/run/featureMemory';
import { type FeatureBudget, type FeatureLoan, featuresVariable, type FeatureStore, isRowSource, type RowSource, type WantedFeatures } from '../../core/run/features';
import { version } from '../version';
import { FeatureFolder, type FolderContent, type StoredFeatures } from './featureFolder';

/** ms; what took longer to compute is written to the disk too, for the next process */
const COSTLY = 3000;

/**
 * Features of frozen prefixes in memory, and on the disk where they do not fit or were costly. One for a process: phases, runs,
 * seeds and the arms of a verdict find what others computed.
 */
export class KeptFeatures implements FeatureStore {
  private readonly memory: FeatureMemory;
  private readonly folder: FeatureFolder;
  private usesDisk: boolean;

  constructor(folder: string, budget: FeatureBudget) {
    this.memory = new FeatureMemory(budget.memory);
    this.folder = new FeatureFolder(folder, budget.disk);
    this.usesDisk = budget.disk > 0;
  }

  /** The same with other limits from now on. */
  within({ memory, disk }: FeatureBudget): this {
    this.memory.allow(memory);
    this.folder.allow(disk);
    this.usesDisk = disk > 0;
    return this;
  }

  async refuses(bytes: number): Promise<string | undefined> {
    const refused = await this.memory.refuses(bytes);
    return refused !== undefined && this.usesDisk ? this.folder.refuses(bytes) : refused;
  }

  async borrow(wanted: WantedFeatures): Promise<FeatureLoan> {
    const here = this.memory.find(wanted.key);
    if (here) return here;
    const onDisk = { ...wanted, key: keyHere(wanted.key) };
    const stored = this.usesDisk ? await this.folder.find(onDisk) : undefined;
    const fits = this.memory.makeRoom(bytesOf(wanted.arrays));
    if (stored) return fits ? this.fetch(wanted.key, stored) : lendStored(stored, true);
    if (fits) return this.compute(wanted, onDisk);
    if (this.usesDisk) return lendStored(await this.folder.keep(onDisk), false);
    return this.memory.borrow(wanted);
  }

  content(): Promise<FolderContent> {
    return this.folder.content();
  }

  /** Removes all that is not in use. Gives what was on the disk. */
  clear(): Promise<FolderContent> {
    this.memory.clear();
    return this.folder.clear();
  }

  /** Rows are drawn one by one while training: from memory where there is room. */
  private async fetch(key: string, stored: StoredFeatures): Promise<FeatureLoan> {
    try {
      const arrays = Object.entries(stored.features).flatMap(([name, source]) => (isRowSource(source) ? [[name, readAll(source)] as const] : []));
      return { ...this.memory.add(key, Object.fromEntries(arrays)), reused: true };
    } finally {
      await stored.close();
    }
  }

  private async compute(wanted: WantedFeatures, onDisk: WantedFeatures): Promise<FeatureLoan> {
    const started = performance.now();
    const arrays = await computeArrays(wanted);
    if (this.usesDisk && performance.now() - started > COSTLY) await this.save(onDisk, arrays);
    return this.memory.add(wanted.key, arrays);
  }

  private async save(onDisk: WantedFeatures, arrays: Readonly<Record<string, SampleArray>>): Promise<void> {
    const rows = Object.fromEntries(Object.entries(arrays).map(([name, { shape, data }]) => [name, { dtype: 'float32', shape, data: data as Float32Array } as const]));
    const compute: WantedFeatures['compute'] = (take) => {
      take(rows);
      return Promise.resolve();
    };
    // They are in memory: a disk that is full hinders nobody.
    const stored = await this.folder.keep({ ...onDisk, compute }).catch(() => undefined);
    await stored?.close();
  }
}

function readAll(source: RowSource): SampleArray {
  const data = new Float32Array(sizeOf(source.shape));
  source.readRows(0, source.shape[0], data);
  return { shape: source.shape, data, scale: 1 };
}

function lendStored({ features, close }: StoredFeatures, reused: boolean): FeatureLoan {
  return { features, kept: 'disk', reused, release: close };
}

/** The folder that the environment names, else one among the user's caches. */
export function featureFolder(): string {
  return process.env[featuresVariable] ?? join(envPaths('model-surgery', { suffix: '' }).cache, 'features');
}

/** How numbers are rounded may depend on this program, the processor and on how many threads share a sum; a folder may be on a share. */
function keyHere(key: string): string {
  const threads = ['OMP_NUM_THREADS', 'TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS'].map((name) => process.env[name] ?? '');
  const machine = [version, process.platform, process.arch, cpus().at(0)?.model ?? '', availableParallelism(), ...threads];
  return createHash('sha256').update(JSON.stringify([key, machine])).digest('hex');
}
