import type { Engine } from '../../core/ports';
import { evaluateModel } from '../../core/run/evaluate';
import { type Evaluation, figuresOf } from '../../core/run/events';
import type { Operation } from '../../core/surgery/operation';
import { systemClock } from '../systemClock';
import { loadPlanSplit, PlanArrays, type SplitName } from './dataFiles';
import { JobRecord } from './jobRecords';
import type { OpenedModel } from './openModel';
import type { OpenedPlan } from './planFile';

export interface EvaluateJob {
  /** As edited, and its file. */
  readonly model: OpenedModel;
  /** What was done to it since it was read. */
  readonly operations?: readonly Operation[];
  /** Its data and its loss and metrics are taken; its model and operations are not. */
  readonly plan: OpenedPlan;
  readonly split: SplitName;
  readonly engine: Engine;
  readonly signal?: AbortSignal;
}

/**
 * Loss and metrics of a model on one set of a plan, as Keras' `evaluate`. A look at the test set goes into the ledger, where that
 * can be written. Throws what loading and evaluating throw.
 */
export async function evaluateJob(job: EvaluateJob): Promise<Evaluation & { readonly samples: number }> {
  const { model, plan, split, engine, signal } = job;
  const set = await loadPlanSplit(plan, model.model, split);
  const evaluation = await evaluateModel(model.model, set, plan.plan.compile, { engine, clock: systemClock, ...(signal ? { signal } : {}) });
  if (split === 'test') await recordLook(job, evaluation, set.samples).catch(() => undefined);
  return { ...evaluation, samples: set.samples };
}

async function recordLook({ model, plan, operations = [], engine }: EvaluateJob, { loss, metrics }: Evaluation, samples: number): Promise<void> {
  const record = new JobRecord({ plan, model, operations, phases: [], arrays: new PlanArrays(plan), engine });
  await record.end({ kind: 'evaluation', figures: figuresOf({ loss, ...metrics }), samples });
}
