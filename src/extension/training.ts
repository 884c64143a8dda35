import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SurgeryError } from '../core/errors';
import type { Plan } from '../core/plan/plan';
import type { RunEvent } from '../core/run/events';
import type { TrainRequest } from '../protocol/workerCalls';
import { compileState, needsCompile } from './compileState';
import type { SurgeryDocument } from './document';
import { keepRequest, requestAgain } from './resume';
import type { RunController } from './runController';
import { runName, runsFolder } from './runLog';

export interface TrainingOptions {
  readonly runs: RunController;
  readonly engine: string;
  readonly now: Date;
  /** Says that the run recompiles. */
  readonly say: (message: string) => void;
}

/**
 * Runs phases (from 1) of the document's plan on the model as edited; the document then stands on the trained weights, so
 * that phase 2 continues from phase 1. A model that changed since it was compiled is recompiled by the run, which says so.
 * Resolves with `result` or `stopped`. Rejects with `usage` for a phase that the plan does not have, or with the run's error.
 */
export async function trainPhases(document: SurgeryDocument, which: readonly number[] | 'all', options: TrainingOptions): Promise<RunEvent> {
  await document.settled();
  const { planPath, plan } = document.source;
  if (planPath === null || plan === null) throw new SurgeryError('usage', 'Training needs a plan', { expected: 'a *.surgery.json beside the model' });
  const phases = phasesOf(plan, which);
  const { runs, engine, now, say } = options;
  requireIdle(runs);
  const changedSinceCompile = needsCompile(document);
  if (changedSinceCompile) say(`The run recompiles the model: ${compileState(document)}`);
  const out = join(runsFolder(planPath), runName(now));
  return runOn(document, { planPath, model: document.edited, phases, changedSinceCompile, engine, out }, runs);
}

/**
 * Goes on with the run in `folder` from its newest checkpoint; it ends with the bytes of a run that never stopped, and the document
 * stands on them. Resolves with `result` or `stopped`. Rejects with `usage` where the run cannot go on, `resume-refused` where
 * plan, data or engine have changed since.
 */
export async function resumePhases(document: SurgeryDocument, folder: string, runs: RunController): Promise<RunEvent> {
  await document.settled();
  const { planPath } = document.source;
  if (planPath === null) throw new SurgeryError('usage', 'Only a run of a plan can go on', { expected: 'a model with a *.surgery.json plan' });
  requireIdle(runs);
  return runOn(document, await requestAgain(folder, planPath), runs);
}

function requireIdle(runs: RunController): void {
  if (runs.running) throw new SurgeryError('usage', 'A run is on its way; stop it first');
}

/** Nobody edits the document meanwhile; afterwards it stands on what was trained. */
async function runOn(document: SurgeryDocument, request: TrainRequest, runs: RunController): Promise<RunEvent> {
  const release = document.hold('The model is being trained: stop the run before you edit it');
  // The folder is there when the run has said something: one that is refused before leaves none.
  const began = runs.onEvent(({ type }) => {
    if (type !== 'start') return;
    began.dispose();
    // Without it the run goes on as before, and only cannot be resumed.
    if (!request.resume) keeping = keepRequest(request).catch(() => undefined);
  });
  let keeping: Promise<void> | undefined;
  try {
    const last = await runs.run(request);
    const trained = join(request.out, 'model.keras');
    // A run that was stopped before its first batch has written nothing.
    if (existsSync(trained)) await document.rebase(trained);
    return last;
  } finally {
    began.dispose();
    await keeping;
    release();
  }
}

function phasesOf(plan: Plan, which: readonly number[] | 'all'): readonly number[] {
  const all = plan.phases.map((_, index) => index + 1);
  const wanted = which === 'all' ? all : which;
  const missing = wanted.find((phase) => !all.includes(phase));
  if (missing === undefined && wanted.length > 0) return wanted;
  throw new SurgeryError('usage', `The plan has no phase ${missing ?? 1}`, { expected: `a phase from 1 to ${all.length}`, received: String(missing ?? 1) });
}
