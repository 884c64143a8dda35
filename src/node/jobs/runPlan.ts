import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toErrorRecord } from '../../core/errors';
import { kerasParts } from '../../core/formats/writeKeras';
import type { Model } from '../../core/model/model';
import { checkPlan } from '../../core/plan/checkPlan';
import { planInvalid } from '../../core/plan/schema';
import { seedsOf } from '../../core/plan/seeds';
import type { Operation } from '../../core/surgery/operation';
import type { Engine } from '../../core/ports';
import type { RunEvent, RunEventBody } from '../../core/run/events';
import type { FeatureStore } from '../../core/run/features';
import { runIdentity } from '../../core/run/runIdentity';
import { runPlan, type RunOptions, type RunOutcome } from '../../core/run/runPlan';
import { refuseInputAsOutput, writeFileAtomically } from '../atomicWrite';
import { sha256 } from '../fileBytes';
import { systemClock } from '../systemClock';
import { PlanArrays } from './dataFiles';
import { RunRecord } from './runRecord';
import type { OpenedModel } from './openModel';
import { planInputs, type OpenedPlan } from './planFile';
import { checkpointFolder, checkpointInterval, RunCheckpoints, type ResumePoint } from './runCheckpoints';
import { RunLog } from './runLog';

export interface RunJob {
  /** The model as edited, and its file. */
  readonly model: OpenedModel;
  readonly plan: OpenedPlan;
  /** What was done to the model; the plan's operations where left out. */
  readonly operations?: readonly Operation[];
  /** From 1; all where left out. */
  readonly phases?: readonly number[];
  readonly changedSinceCompile?: boolean;
  readonly engine: Engine;
  /** Absolute folder for `model.keras`, `best.keras`, `events.jsonl`; made where it is missing. Null: nothing is written. */
  readonly out: string | null;
  readonly notes?: readonly string[];
  /** Where outputs of frozen layers are kept; for this run alone where left out. */
  readonly features?: FeatureStore;
  readonly signal?: AbortSignal;
  /** Id of the run of the ledger that is made again. */
  readonly replayOf?: string;
  /** Goes on from the newest checkpoint in `out`. */
  readonly resume?: boolean;
  /** ms between two checkpoints; 10 s where left out, 0: as often as there is time between two batches */
  readonly checkpointInterval?: number;
  /** Every event, `progress` among them, as it happens. */
  readonly onEvent: (event: RunEvent) => void;
}

const files = { last: 'model.keras', best: 'best.keras', log: 'events.jsonl' } as const;

/**
 * Runs a plan's phases. Resolves with the `result` or `stopped` event when both models are on the disk, last and best. What
 * is wrong with plan, model or data is thrown before anything is written; what goes wrong later ends the log with `failed`, is
 * thrown, and leaves no model.
 *
 * Meanwhile `out` holds checkpoints. A run that was stopped or killed goes on with `resume`: it says its events again up to the
 * checkpoint, then `resumed`, then the rest, and ends with the bytes of a run that never stopped. Throws `file-missing` where
 * there is no checkpoint, `resume-refused` where it is not of this run.
 */
export async function runPlanJob(job: RunJob): Promise<RunEvent> {
  const { model, plan, engine, out, signal } = job;
  if (out !== null) await refuseOutputs(out, [model.path, ...planInputs(plan)]);
  // The model stands as edited, so the operations are behind it.
  const mistakes = await checkPlan({ ...plan.plan, operations: [] }, { model: model.model });
  if (mistakes.length > 0) throw planInvalid(mistakes, plan.path);
  const arrays = new PlanArrays(plan);
  const data = await arrays.load(model.model, plan.plan.data, seedsOf(plan.plan).sample);
  const record = new RunRecord(job, arrays);
  const events = new Numbered({ out, onEvent: (event) => {
    record.hear(event, (error) => events.emit({ type: 'unrecorded', error }));
    job.onEvent(event);
  } });
  const options: RunOptions = {
    model: model.model, plan: plan.plan, seed: seedsOf(plan.plan), data, engine, clock: systemClock, sha256,
    source: { plan: plan.path, model: { path: model.path, sha256: model.sha256 } },
    emit: (event) => events.emit(event),
    ...given({ phases: job.phases, changedSinceCompile: job.changedSinceCompile, notes: job.notes, features: job.features, signal }),
  };
  const checkpoints = checkpointsOf(job, options, events);
  const point = await beginOrResume(job, checkpoints);
  try {
    if (point) events.resume(point);
    const outcome = await runPlan({ ...options, ...given({ checkpoints: checkpoints ?? undefined, resume: point?.checkpoint }) });
    await keep(outcome, out, events);
    if (outcome.end.type === 'result') await checkpoints?.clear();
    await record.end();
    return events.end();
  } catch (thrown) {
    // What made the run fail is told, not that a full disk has no room for its record either.
    await record.fail(toErrorRecord(thrown).message).catch(() => undefined);
    throw thrown;
  } finally {
    events.close();
  }
}

function checkpointsOf(job: RunJob, options: RunOptions, events: Numbered): RunCheckpoints | null {
  const { out, engine, checkpointInterval: interval = checkpointInterval } = job;
  if (out === null) return null;
  return new RunCheckpoints({ out, engine, interval, identity: runIdentity(options), clock: systemClock, events: () => events.said });
}

/** Where the run goes on; null where it begins. */
async function beginOrResume({ resume = false }: RunJob, checkpoints: RunCheckpoints | null): Promise<ResumePoint | null> {
  if (resume && checkpoints) return checkpoints.find();
  await checkpoints?.clear();
  return null;
}

/** Only the keys that have a value. */
function given<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

async function refuseOutputs(out: string, inputs: readonly string[]): Promise<void> {
  for (const path of [out, ...[...Object.values(files), checkpointFolder].map((name) => join(out, name))]) await refuseInputAsOutput(path, inputs);
}

/** Throws what made the run fail. */
async function keep(outcome: RunOutcome, out: string | null, events: Numbered): Promise<void> {
  if (outcome.error) throw outcome.error;
  if (out !== null) await saveModels(outcome, out, events);
}

/** A disk that is full shows here: the log then ends with `failed`. */
async function saveModels({ last, best }: RunOutcome, out: string, events: Numbered): Promise<void> {
  try {
    await removeLeftovers(out);
    await saveModel(last, join(out, files.last), events);
    if (best) await saveModel(best, join(out, files.best), events);
  } catch (thrown) {
    events.emit({ type: 'failed', error: toErrorRecord(thrown) });
    throw thrown;
  }
}

async function saveModel(model: Model, path: string, events: Numbered): Promise<void> {
  events.emit({ type: 'saved', path, sha256: await writeFileAtomically(path, kerasParts(model)) });
}

/** Temporaries of a run into this folder that was killed while it wrote. */
async function removeLeftovers(out: string): Promise<void> {
  const names = (await readdir(out)).filter((name) => /^\.(model|best)\.keras\.[0-9a-f]{12}\.tmp$/.test(name));
  await Promise.all(names.map((name) => rm(join(out, name), { force: true })));
}

/** Gives events their number and time, writes them to the log, and hands them on. */
class Numbered {
  /** What was numbered. */
  readonly said: RunEvent[] = [];
  private log: RunLog | null = null;
  private last: RunEvent | null = null;

  constructor(private readonly job: Pick<RunJob, 'out' | 'onEvent'>) {}

  emit(body: RunEventBody): void {
    const live = body.type === 'progress';
    const event: RunEvent = { ...body, seq: live ? -1 : this.said.length, time: new Date(systemClock.now()).toISOString() };
    this.tell(event);
  }

  /** Says again what the run had said at its checkpoint, so that log and listener have every event without gaps. */
  resume({ events, name, broken }: ResumePoint): void {
    events.forEach((event) => this.tell(event));
    this.emit({ type: 'resumed', checkpoint: name, epochs: events.filter(({ type }) => type === 'epoch').length, broken });
  }

  private tell(event: RunEvent): void {
    if (event.type !== 'progress') this.said.push(event);
    if (event.type === 'result' || event.type === 'stopped') this.last = event;
    // The log begins with the first event: a run that is refused before writes nothing.
    if (this.job.out !== null) (this.log ??= new RunLog(join(this.job.out, files.log))).append(event);
    this.job.onEvent(event);
  }

  /** The `result` or `stopped` event. */
  end(): RunEvent {
    if (this.last) return this.last;
    throw new Error('a run ended without saying how');
  }

  close(): void {
    this.log?.close();
  }
}
