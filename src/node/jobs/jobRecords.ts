import { mkdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { SurgeryError } from '../../core/errors';
import type { Ingredients, LedgerEntry, LedgerRecord } from '../../core/ledger/entry';
import { arraysHash, configurationHash } from '../../core/ledger/fingerprints';
import type { Plan } from '../../core/plan/plan';
import type { Operation } from '../../core/surgery/operation';
import { sha256 } from '../fileBytes';
import { LedgerFile } from '../ledgerFile';
import { version } from '../version';
import type { PlanArrays } from './dataFiles';
import { donorHashes } from './donors';
import type { OpenedModel } from './openModel';
import { planFolder, type OpenedPlan } from './planFile';

/** Folder beside a plan for what lasts: ledger, verdicts, runs. */
export function lastingFolder(opened: Pick<OpenedPlan, 'path'>): string {
  return join(planFolder(opened), '.model-surgery');
}

/** `.model-surgery/runs/TIME-N` beside the plan; N counts runs of one second. Throws `write-failed`. */
export async function freshFolder(opened: Pick<OpenedPlan, 'path'>): Promise<string> {
  const runs = join(lastingFolder(opened), 'runs');
  await mkdir(runs, { recursive: true });
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  for (let count = 1; ; count++) {
    const folder = join(runs, `${time}-${count}`);
    const made = await mkdir(folder).then(() => true, (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw new SurgeryError('write-failed', 'The folder of the run cannot be made.', { where: folder, cause: error });
    });
    if (made) return folder;
  }
}

/** What a job is made of, before it is hashed. */
export interface JobSources {
  readonly plan: OpenedPlan;
  readonly model: Pick<OpenedModel, 'path' | 'sha256'>;
  /** What was done to the model: the plan's operations, or the editor's. */
  readonly operations: readonly Operation[];
  /** Those that are run; none for an evaluation. */
  readonly phases: Plan['phases'];
  readonly arrays: PlanArrays;
  readonly engine: { readonly name: string; readonly version: string };
}

/** Hashes of all that a job is made of. Throws what reading the data throws. */
export async function ingredientsOf(sources: JobSources, records: readonly LedgerRecord[]): Promise<Ingredients> {
  const { plan: { plan }, model, operations, phases, arrays, engine } = sources;
  const { validation, test } = plan.data;
  const base = configurationBehind(sources, records) ?? model.sha256;
  const donors = await donorHashes(sources);
  const unchanged = phases.length === 0 && operations.length === 0;
  return {
    plan: sha256(new TextEncoder().encode(JSON.stringify({ ...plan, operations, phases }))),
    model: model.sha256,
    configuration: unchanged ? base : configurationHash({ ...plan, operations, phases }, { modelHash: base, donors }, sha256),
    train: arraysHash([...(await arrays.identify('train')), ...(validation ? await arrays.identify('validation') : [])], sha256),
    test: test ? arraysHash(await arrays.identify('test'), sha256) : null,
    ...(Object.keys(donors).length > 0 ? { donors } : {}),
    engine: { name: engine.name, version: engine.version },
    versions: { 'model-surgery': version, node: process.version, platform: `${process.platform} ${process.arch}` },
  };
}

/** The configuration that trained this model, where a run of this ledger wrote it: phase 2 after phase 1, or an evaluation. */
function configurationBehind({ plan, model }: JobSources, records: readonly LedgerRecord[]): string | undefined {
  const folder = dirname(model.path);
  const runs = records.flatMap(({ entry }) => (entry.kind === 'run' && entry.folder !== null && resolve(planFolder(plan), entry.folder) === folder ? [entry] : []));
  return runs.at(-1)?.ingredients.configuration;
}

/** A path as the ledger keeps it: relative to the plan, so that a folder can be moved as a whole. */
export function keptPath(opened: OpenedPlan, path: string): string {
  const inside = relative(planFolder(opened), path);
  return inside.startsWith('..') ? path : inside.split('\\').join('/');
}

type EndOf<E> = E extends { kind: 'run' | 'verdict' | 'evaluation' } ? Omit<E, 'id' | 'ingredients' | 'title'> : never;

/** One job in the ledger beside its plan. */
export class JobRecord {
  private readonly ledger: LedgerFile;
  private readonly id = crypto.randomUUID();
  private ingredients: Promise<Ingredients> | undefined;
  /** Why nothing could be written at the start. */
  private failure: SurgeryError | null = null;

  constructor(private readonly sources: JobSources) {
    this.ledger = new LedgerFile(lastingFolder(sources.plan));
  }

  /** Says that the job has begun. A ledger that cannot be written does not keep a run from running: its reason is given. */
  async begin(job: 'run' | 'verdict'): Promise<SurgeryError | null> {
    try {
      await this.ledger.append({ kind: 'start', job, ...(await this.about()) });
    } catch (thrown) {
      this.failure = thrown as SurgeryError;
    }
    return this.failure;
  }

  /** Throws `write-failed`; does nothing where the beginning could not be written. */
  async end(entry: EndOf<LedgerEntry>): Promise<void> {
    if (this.failure) return;
    await this.ledger.append({ ...entry, ...(await this.about()) });
  }

  private async about(): Promise<{ id: string; title: string; ingredients: Ingredients }> {
    this.ingredients ??= this.ledger.read().then(({ records }) => ingredientsOf(this.sources, records));
    return { id: this.id, title: this.sources.plan.path, ingredients: await this.ingredients };
  }
}
