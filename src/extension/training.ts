import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SurgeryError } from '../core/errors';
import type { Plan } from '../core/plan/plan';
import type { RunEvent } from '../core/run/events';
import { compileState, needsCompile } from './compileState';
import type { SurgeryDocument } from './document';
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
  if (runs.running) throw new SurgeryError('usage', 'A run is on its way; stop it first');
  const changedSinceCompile = needsCompile(document);
  if (changedSinceCompile) say(`The run recompiles the model: ${compileState(document)}`);
  const out = join(runsFolder(planPath), runName(now));
  const release = document.hold('The model is being trained: stop the run before you edit it');
  try {
    const last = await runs.run({ planPath, model: document.edited, phases, changedSinceCompile, engine, out });
    const trained = join(out, 'model.keras');
    // A run that was stopped before its first batch has written nothing.
    if (existsSync(trained)) await document.rebase(trained);
    return last;
  } finally {
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
