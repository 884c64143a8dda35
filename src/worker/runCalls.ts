import { requirePlan } from '../core/plan/schema';
import type { Plan } from '../core/plan/plan';
import type { Model } from '../core/model/model';
import type { Engine, Log } from '../core/ports';
import { defaultFeatureBudget } from '../core/run/features';
import { encodeOnnx } from '../engine/onnxruntime/encodeOnnx';
import { networkSize } from '../core/training/networkSize';
import { openEngine } from '../engine/openEngine';
import { featureFolder, KeptFeatures } from '../node/features/keptFeatures';
import { evaluateJob } from '../node/jobs/evaluate';
import { compiledAsPlanned, exportJob } from '../node/jobs/exportModel';
import { openPlan, planInputs, type OpenedPlan } from '../node/jobs/planFile';
import { replayRunJob } from '../node/jobs/replayRun';
import { runPlanJob } from '../node/jobs/runPlan';
import type { Operation } from '../core/surgery/operation';
import type { Handlers } from '../protocol/channel';
import type { WorkerCalls } from '../protocol/workerCalls';
import type { OpenModels } from './openModels';
import type { Tell } from './serve';

/** What computes or writes. */
export function runCalls(models: OpenModels, tell: Tell): Pick<Handlers<WorkerCalls>, 'train' | 'replayRun' | 'evaluate' | 'export' | 'clearFeatures'> {
  // One for all runs of this process: they find what earlier ones computed.
  const kept = new KeptFeatures(featureFolder(), defaultFeatureBudget);
  const log: Log = { write: (level, message) => tell('log', { level, message }) };
  return {
    train: async ({ planPath, plan: given, model: edited, phases, changedSinceCompile, engine: name, out, resume = false, features }, signal) => {
      const plan = await planOf(planPath, given);
      const model = await models.open(edited);
      return withEngine({ name, log, model: model.model }, (engine) =>
        runPlanJob({
          model, operations: edited.operations, plan, phases, changedSinceCompile, engine, out, resume, signal, features: kept.within(features ?? defaultFeatureBudget), onEvent: (event) => tell('run', event),
        }));
    },
    replayRun: ({ planPath, id, out, features }, signal) => replayRunJob({
      planPath, id, engine: 'auto', signal, features: kept.within(features ?? defaultFeatureBudget), openEngine: (name) => openEngine(name, log), out: () => Promise.resolve(out), onEvent: (event) => tell('run', event),
    }),
    clearFeatures: () => kept.clear(),
    evaluate: async ({ planPath, plan: given, model: edited, split, engine: name }, signal) => {
      const plan = await planOf(planPath, given);
      const model = await models.open(edited);
      return withEngine({ name, log, model: model.model }, (engine) => evaluateJob({ model, operations: edited.operations, plan, split, engine, signal }));
    },
    export: async ({ model: edited, planPath, to, out }) => {
      const { model, path } = await models.open(edited);
      const plan = planPath === undefined ? null : await openPlan(planPath);
      const compiled = plan ? compiledAsPlanned(model, edited.operations.length > 0, plan.plan) : model;
      return exportJob({ model: compiled, to, out, inputs: [path, ...(plan ? planInputs(plan) : [])], encodeOnnx, plan: plan ? withOperations(plan, edited.operations) : undefined });
    },
  };
}

/** What is done in the editor stands for what the plan does. */
function withOperations({ plan, path }: OpenedPlan, operations: readonly Operation[]): OpenedPlan {
  return { plan: { ...plan, operations }, path };
}

/** The plan as handed in, else as it stands in its file. Throws `plan-invalid`. */
export async function planOf(path: string, given: Plan | undefined): Promise<OpenedPlan> {
  return given === undefined ? openPlan(path) : { plan: requirePlan(given, path), path };
}

interface Wanted {
  /** Of an engine, or `auto`. */
  readonly name: string;
  readonly log: Log;
  /** What it is for. */
  readonly model: Model;
}

/** Opens an engine and disposes of it on every way out. */
export async function withEngine<T>({ name, log, model }: Wanted, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await openEngine(name, log, networkSize(model));
  try {
    return await work(engine);
  } finally {
    await engine.dispose();
  }
}
