import { basename, dirname, join, resolve } from 'node:path';
import { SurgeryError } from '../../core/errors';
import type { Ingredients, KeptRun, LedgerEntry } from '../../core/ledger/entry';
import { requirePlan } from '../../core/plan/schema';
import { seedsOf } from '../../core/plan/seeds';
import type { Engine } from '../../core/ports';
import type { RunEvent } from '../../core/run/events';
import type { FeatureStore } from '../../core/run/features';
import { LedgerFile } from '../ledgerFile';
import { PlanArrays } from './dataFiles';
import { ingredientsOf, lastingFolder } from './jobRecords';
import { editModel, openForEdits, type OpenedModel } from './openModel';
import { planFolder, type OpenedPlan } from './planFile';
import { runPlanJob } from './runPlan';

export interface ReplayJob {
  /** Absolute path of a plan beside the ledger. */
  readonly planPath: string;
  /** Of the run, or the beginning of it. */
  readonly id: string;
  /** Opens an engine by its name; the job disposes of it. */
  readonly openEngine: (name: string) => Promise<Engine>;
  /** A name that a user insists on; `auto` means the one of the record. */
  readonly engine: string;
  /** Gives the absolute folder for log and models; called when nothing hinders the run any more. */
  readonly out: () => Promise<string>;
  readonly features?: FeatureStore;
  readonly signal?: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

export interface Replayed {
  /** Of the run that was made again. */
  readonly id: string;
  readonly folder: string;
  /** The `result` event, or `stopped`. */
  readonly end: RunEvent;
  /** SHA-256 of the last and the best model, the same as in the record. Empty after a stop. */
  readonly saved: Readonly<Record<string, string>>;
}

type RunEntry = Extract<LedgerEntry, { kind: 'run' }>;

/**
 * Makes a run of the ledger again from its record, in which its plan is kept: the plan's file may have changed since. Before anything
 * is computed, plan, model, data and engine are held against the record; afterwards the models are. Throws `usage` for a run that
 * cannot be made again, `file-changed` with the hash in the record and the hash now, and what a run throws.
 */
export async function replayRunJob(job: ReplayJob): Promise<Replayed> {
  const { planPath, id } = job;
  const ledger = new LedgerFile(lastingFolder({ path: planPath }));
  const { records, fault } = await ledger.read();
  if (fault) throw new SurgeryError('file-changed', `The ledger cannot be believed: record ${fault.seq} was ${fault.what}.`, { expected: 'a ledger as it was written', where: ledger.path });
  const entry = findRun(records.map((record) => record.entry), id);
  const kept = keptOf(entry);
  const plan: OpenedPlan = { plan: requirePlan(kept.plan, ledger.path), path: join(dirname(planPath), basename(entry.title)) };
  const operations = kept.operations ?? plan.plan.operations;
  const source = await openForEdits(resolve(planFolder(plan), kept.model), operations);
  const { name } = entry.ingredients.engine;
  const engine = await job.openEngine(job.engine === 'auto' ? name : job.engine);
  try {
    const phases = kept.phases.map((number) => kept.plan.phases[number - 1]);
    // As the record has it: reading a plan may put its keys into another order.
    const now = await ingredientsOf({ plan: { ...plan, plan: kept.plan }, model: source, operations, phases, arrays: new PlanArrays(plan), engine }, records);
    requireSame(entry.ingredients, now, source);
    const model = await editModel(source, {
      operations, seed: seedsOf(plan.plan).initialization, ...(kept.operations ? {} : { folder: planFolder(plan) }),
    });
    return await compute(job, { entry, kept, plan, model, engine, now });
  } finally {
    await engine.dispose();
  }
}

interface Ready {
  readonly entry: RunEntry;
  readonly kept: KeptRun;
  readonly plan: OpenedPlan;
  readonly model: OpenedModel;
  readonly engine: Engine;
  readonly now: Ingredients;
}

async function compute({ out, signal, features, onEvent }: ReplayJob, { entry, kept, plan, model, engine, now }: Ready): Promise<Replayed> {
  const { phases, changedSinceCompile, operations } = kept;
  const folder = await out();
  const saved: Record<string, string> = {};
  const end = await runPlanJob({
    model, plan, phases, engine, out: folder, replayOf: entry.id,
    ...(signal && { signal }), ...(features && { features }), ...(changedSinceCompile !== undefined && { changedSinceCompile }), ...(operations && { operations }),
    onEvent: (event) => {
      if (event.type === 'saved') saved[basename(event.path)] = event.sha256;
      onEvent(event);
    },
  });
  if (end.type === 'result') requireSameModels({ entry, kept, saved, folder, now });
  return { id: entry.id, folder, end, saved: end.type === 'result' ? saved : {} };
}

function findRun(entries: readonly LedgerEntry[], id: string): RunEntry {
  const found = entries.filter((entry) => 'id' in entry && entry.kind !== 'start' && entry.id.startsWith(id));
  const [entry] = found;
  if (id === '' || found.length !== 1) throw new SurgeryError('usage', 'The ledger has no such run, or it has not ended.', { expected: 'the id of one run', received: id });
  if (entry.kind === 'run' && entry.outcome === 'result') return entry;
  const received = entry.kind === 'run' ? `a run that ${entry.outcome === 'stopped' ? 'was stopped' : 'failed'}` : entry.kind === 'evaluation' ? 'an evaluation' : 'a verdict';
  throw new SurgeryError('usage', 'Only a run that came to its end can be made again.', { expected: 'a run with a result', received });
}

function keptOf({ kept, id }: RunEntry): KeptRun {
  if (kept) return kept;
  throw new SurgeryError('usage', 'The record of this run keeps no plan: it was written by an earlier version.', { expected: 'a run whose record holds its plan', received: id });
}

/** Names everything that differs, with both hashes. */
function requireSame(then: Ingredients, now: Ingredients, { path }: Pick<OpenedModel, 'path'>): void {
  const name = ({ name: engine, version }: Ingredients['engine']): string => `${engine} ${version}`;
  const pairs: readonly (readonly [what: string, then: string, now: string])[] = [
    ['the plan in the record', then.plan, now.plan], [`the model ${basename(path)}`, then.model, now.model], ['the training and validation data', then.train, now.train],
    ['the test data', then.test ?? 'none', now.test ?? 'none'], ['the engine', name(then.engine), name(now.engine)],
    // Records of earlier versions hold none: the models that come out are compared afterwards.
    ...Object.entries(then.donors ?? {}).map(([donor, hash]) => [`the weights from ${donor}`, hash, now.donors?.[donor] ?? 'none'] as const),
  ];
  const differing = pairs.filter(([, one, other]) => one !== other);
  if (differing.length === 0) return;
  const list = (index: 1 | 2): string => differing.map((pair) => `${pair[0]}: ${pair[index]}`).join('; ');
  throw new SurgeryError('file-changed', `The run cannot be made again; changed since: ${differing.map(([what]) => what).join(', ')}.`, {
    expected: list(1), received: list(2),
    problems: differing.map(([where, one, other]) => ({ where, message: `${one} in the record, ${other} now` })),
  });
}

interface Compared {
  readonly entry: RunEntry;
  readonly kept: KeptRun;
  readonly saved: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly now: Ingredients;
}

/** What the hashes before do not cover: this program, Node, the machine. */
function requireSameModels({ entry, kept, saved, folder, now }: Compared): void {
  const differing = Object.keys({ ...kept.saved, ...saved }).filter((name) => kept.saved[name] !== saved[name]);
  if (differing.length === 0) return;
  const list = (hashes: Readonly<Record<string, string>>): string => differing.map((name) => `${name}: ${hashes[name] ?? 'none'}`).join('; ');
  const versions = Object.entries(entry.ingredients.versions).filter(([name, version]) => now.versions[name] !== version)
    .map(([name, version]) => `${name} was ${version} and is ${now.versions[name] ?? 'none'}`);
  throw new SurgeryError('file-changed', `The run was made again and gave other bytes${versions.length > 0 ? `: ${versions.join(', ')}` : ''}.`, {
    expected: list(kept.saved), received: list(saved), where: folder,
  });
}
