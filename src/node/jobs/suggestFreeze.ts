import type { Model } from '../../core/model/model';
import { seedsOf } from '../../core/plan/seeds';
import type { Engine } from '../../core/ports';
import type { FreezeSuggestion } from '../../core/run/proposeFreeze';
import { suggestFreeze } from '../../core/run/suggestFreeze';
import { systemClock } from '../systemClock';
import { loadPlanSplit } from './dataFiles';
import type { OpenedPlan } from './planFile';

export interface SuggestFreezeJob {
  /** The model as edited. */
  readonly model: Model;
  readonly plan: OpenedPlan;
  readonly engine: Engine;
  readonly signal?: AbortSignal;
}

/** What to freeze, from one pass of gradients over the training set of a plan. Throws what loading and `suggestFreeze` throw. */
export async function suggestFreezeJob({ model, plan, engine, signal }: SuggestFreezeJob): Promise<FreezeSuggestion> {
  const set = await loadPlanSplit(plan, model, 'train');
  const { compile, phases: [{ batchSize }] } = plan.plan;
  return suggestFreeze(model, set, { engine, clock: systemClock, objective: compile, batchSize, seed: seedsOf(plan.plan).order, ...(signal ? { signal } : {}) });
}
