import { SurgeryError } from '../../core/errors';
import { checkPlan } from '../../core/plan/checkPlan';
import type { Plan } from '../../core/plan/plan';
import { planInvalid } from '../../core/plan/schema';
import type { Engine } from '../../core/ports';
import type { FeatureStore } from '../../core/run/features';
import { namesPlan } from '../../core/verdict/armNames';
import { resolveArms, type Arm } from '../../core/verdict/arms';
import { runArm, type ArmRun, type ArmRunner, type ArmTask, type Classes, type VerdictSource } from '../../core/verdict/runArm';
import { sha256 } from '../fileBytes';
import { PlanArrays } from '../jobs/dataFiles';
import { editModel, openForEdits, surgeryContext, type OpenedModel } from '../jobs/openModel';
import { editsOf, modelPathOf, type OpenedPlan } from '../jobs/planFile';
import { systemClock } from '../systemClock';

/** Whose arms are compared, as plain data: another process can be told it. */
export interface ArmsOfPlan {
  readonly plan: OpenedPlan;
  /** `transfer`, `scratch`, `feature`, `scratch-longer`, or the name of one of `others`; the first two are compared. */
  readonly arms: readonly string[];
  readonly tuneTransfer: boolean;
  /** Other plans that are arms, by the name that `arms` has for them. */
  readonly others: Readonly<Record<string, OpenedPlan>>;
}

/** A plan of a verdict with its model. */
export interface ReadyPlan {
  readonly opened: OpenedPlan;
  readonly model: OpenedModel;
}

/** All that a verdict is computed from. */
export interface ReadyVerdict {
  readonly main: ReadyPlan;
  readonly others: readonly ReadyPlan[];
  readonly arms: [Arm, Arm, ...Arm[]];
  readonly arrays: PlanArrays;
  /** In this process. */
  runnerOn(engine: Engine, more: { readonly signal?: AbortSignal | undefined; readonly features: FeatureStore }): ArmRunner;
}

/** Opens models and data and checks the plans against them. Throws `usage`, `plan-invalid`, `file-…`, `format-…`. */
export async function readyVerdict(asked: ArmsOfPlan): Promise<ReadyVerdict> {
  const { plan, others } = asked;
  const arms = resolveArms(plan.plan, { names: asked.arms, tuneTransfer: asked.tuneTransfer, plans: new Map(Object.entries(others).map(([name, other]) => [name, other.plan])) });
  if (!plan.plan.data.test) throw new SurgeryError('plan-invalid', 'A verdict needs a test set.', { expected: 'a set to compare on', received: 'none', where: 'data.test' });
  const main = await readyPlan(plan);
  const named = new Map<string, ReadyPlan>();
  for (const name of asked.arms.filter(namesPlan)) named.set(name, await readyPlan(comparable(others[name], plan)));
  const arrays = new PlanArrays(plan);
  const sources = new Map(arms.map(({ name }) => [name, sourceOf(named.get(name) ?? main, plan.plan.data, arrays)]));
  return {
    main, others: [...named.values()], arms, arrays,
    runnerOn: (engine, { signal, features }) => ({ lanes: 1, run: (task) => runTask(task, { arms, sources, engine, signal, features }) }),
  };
}

interface Running {
  readonly arms: readonly Arm[];
  readonly sources: ReadonlyMap<string, VerdictSource>;
  readonly engine: Engine;
  readonly signal: AbortSignal | undefined;
  readonly features: FeatureStore;
}

function runTask(task: ArmTask, { arms, sources, engine, signal, features }: Running): Promise<ArmRun> {
  const arm = arms.find(({ name }) => name === task.arm);
  const source = sources.get(task.arm);
  if (!arm || !source) throw new SurgeryError('usage', 'There is no arm of this name.', { received: task.arm, where: 'arms' });
  return runArm(source, { engine, clock: systemClock, sha256, features, ...(signal ? { signal } : {}) }, { arm, task });
}

async function readyPlan(opened: OpenedPlan): Promise<ReadyPlan> {
  const model = await openForEdits(modelPathOf(opened), opened.plan.operations);
  const mistakes = await checkPlan(opened.plan, { model: model.model, context: surgeryContext(model, editsOf(opened)) });
  if (mistakes.length > 0) throw planInvalid(mistakes, opened.path);
  return { opened, model };
}

/** Another plan on the data of the verdict's. Throws `plan-invalid` where it measures something else. */
function comparable(other: OpenedPlan, { plan: { data, compile } }: OpenedPlan): OpenedPlan {
  const [ours, theirs] = [compile.metrics, other.plan.compile.metrics].map((metrics) => JSON.stringify(metrics));
  if (ours === theirs) return { ...other, plan: { ...other.plan, data } };
  throw new SurgeryError('plan-invalid', 'A plan that is an arm must have the metrics of the plan that it is compared with.', { expected: ours, received: theirs, where: `${other.path} compile.metrics` });
}

function sourceOf({ opened, model }: ReadyPlan, data: Plan['data'], arrays: PlanArrays): VerdictSource {
  return {
    plan: opened.plan,
    model: { path: model.path, sha256: model.sha256 },
    prepare: async (initialization) => (await editModel(model, { ...editsOf(opened), seed: initialization })).model,
    load: (edited, sample, classes) => arrays.load(edited, classes ? withClasses(data, classes) : data, sample),
  };
}

function withClasses(data: Plan['data'], classes: Classes): Plan['data'] {
  const { train, validation, test } = data;
  return { train: { ...train, classes }, ...(validation ? { validation: { ...validation, classes } } : {}), ...(test ? { test: { ...test, classes } } : {}) };
}
