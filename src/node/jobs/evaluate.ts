import type { Model } from '../../core/model/model';
import type { Engine } from '../../core/ports';
import { evaluateModel } from '../../core/run/evaluate';
import type { Evaluation } from '../../core/run/events';
import { systemClock } from '../systemClock';
import { loadPlanSplit, type SplitName } from './dataFiles';
import type { OpenedPlan } from './planFile';

export interface EvaluateJob {
  readonly model: Model;
  /** Its data and its loss and metrics are taken; its model and operations are not. */
  readonly plan: OpenedPlan;
  readonly split: SplitName;
  readonly engine: Engine;
  readonly signal?: AbortSignal;
}

/** Loss and metrics of a model on one set of a plan, as Keras' `evaluate`. Throws what loading and evaluating throw. */
export async function evaluateJob({ model, plan, split, engine, signal }: EvaluateJob): Promise<Evaluation & { readonly samples: number }> {
  const set = await loadPlanSplit(plan, model, split);
  const evaluation = await evaluateModel(model, set, plan.plan.compile, { engine, clock: systemClock, ...(signal ? { signal } : {}) });
  return { ...evaluation, samples: set.samples };
}
