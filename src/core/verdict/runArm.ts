import type { DataSet, DataSets } from '../data/dataSet';
import { pickSamples } from '../data/takeSamples';
import { SurgeryError } from '../errors';
import type { Model } from '../model/model';
import type { Plan } from '../plan/plan';
import type { Seeds } from '../plan/seeds';
import type { Clock, Engine, Sha256 } from '../ports';
import { feedSet } from '../run/batches';
import { figuresOf, type RunEventBody } from '../run/events';
import type { FeatureStore } from '../run/features';
import { runPlan } from '../run/runPlan';
import { RandomStream } from '../training/random';
import type { Arm } from './arms';

/** Labels that are kept and what they become, as in a plan. */
export type Classes = Readonly<Record<string, number>>;

/** What a verdict asks of the outside. */
export interface VerdictSource {
  readonly plan: Plan;
  readonly model: { readonly path: string; readonly sha256: string };
  /** The model with the plan's operations done; new weights by this seed. */
  prepare(initialization: number): Promise<Model>;
  /** The plan's sets, `take` drawn by this seed; with these classes instead of the plan's where they are given. */
  load(model: Model, sample: number, classes: Classes | null): Promise<DataSets>;
}

export interface VerdictTools {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly sha256: Sha256;
  /** Where outputs of frozen layers are kept: for all arms, pairs and learning rates. */
  readonly features?: FeatureStore;
  readonly signal?: AbortSignal;
}

/** One training of one arm, as plain data. */
export interface ArmTask {
  /** The arm's name. */
  readonly arm: string;
  readonly factor: number;
  readonly seeds: Seeds;
  readonly classes: Classes | null;
  /** `validation`: the test set is not looked at. */
  readonly judgedOn: 'validation' | 'test';
}

type Figures = Readonly<Record<string, number>>;

export interface ArmRun {
  /** Loss and metrics on the set that it is judged on. Null where the training diverged. */
  readonly figures: Figures | null;
  readonly seconds: number;
  readonly testSamples: number;
  /** By epoch over all phases. */
  readonly curve: readonly CurvePoint[];
}

export interface CurvePoint {
  readonly loss: number;
  readonly validationLoss: number | null;
}

/** Where a plan has no validation set, this share of the training samples is held out to choose by. */
const HELD_OUT = 0.2;

/** Computes tasks, several at a time where there is more than one lane. */
export interface ArmRunner {
  readonly lanes: number;
  /** Throws `stopped`, and what a run throws for a wrong plan, model or data. */
  run(task: ArmTask): Promise<ArmRun>;
}

/** Trains one arm once. Throws what a runner throws. */
export async function runArm(source: VerdictSource, tools: VerdictTools, { arm, task }: { readonly arm: Arm; readonly task: ArmTask }): Promise<ArmRun> {
  const { factor, seeds, classes, judgedOn } = task;
  const prepared = await source.prepare(seeds.initialization);
  const data = dataFor(await source.load(prepared, seeds.sample, classes), judgedOn, seeds);
  const { shapes } = feedSet(prepared, { set: data.train });
  const model = arm.start({ model: prepared, shapes, initialization: seeds.initialization });
  const events: RunEventBody[] = [];
  const outcome = await runPlan({
    ...tools, model, data, seed: seeds,
    // Validating each epoch would take longer than the training itself.
    validateEach: 'phase',
    keepBest: false,
    plan: { compile: source.plan.compile, phases: arm.phases(factor) },
    source: { plan: null, model: source.model },
    emit: (event) => events.push(event),
  });
  if (outcome.error && outcome.error.code !== 'not-finite') throw outcome.error;
  if (outcome.end.type === 'stopped') throw new SurgeryError('stopped', 'The verdict was stopped.');
  return { ...judged(events, judgedOn), testSamples: data.test?.samples ?? 0, curve: curveOf(events) };
}

function dataFor(data: DataSets, judgedOn: ArmTask['judgedOn'], seeds: Seeds): DataSets {
  if (judgedOn === 'test') {
    if (data.test) return data;
    throw new SurgeryError('plan-invalid', 'A verdict needs a test set.', { expected: 'a set to compare on', received: 'none', where: 'data.test' });
  }
  const { train, validation } = data;
  return validation ? { train, validation } : holdOut(train, seeds);
}

function holdOut(set: DataSet, { sample }: Seeds): DataSets {
  const order = new RandomStream(sample, 'verdict/held out').permutation(set.samples);
  const count = Math.max(1, Math.round(HELD_OUT * set.samples));
  return { train: pickSamples(set, order.slice(count).sort()), validation: pickSamples(set, order.slice(0, count).sort()) };
}

function judged(events: readonly RunEventBody[], judgedOn: ArmTask['judgedOn']): Pick<ArmRun, 'figures' | 'seconds'> {
  const epochs = events.filter((event) => event.type === 'epoch');
  const result = events.find((event) => event.type === 'result');
  const figures = judgedOn === 'test' ? result?.test : epochs.at(-1)?.validation;
  return { figures: result && figures ? figuresOf(figures) : null, seconds: result?.seconds ?? 0 };
}

function curveOf(events: readonly RunEventBody[]): CurvePoint[] {
  return events.flatMap((event) => (event.type === 'epoch' ? [{ loss: event.loss, validationLoss: event.validation?.loss ?? null }] : []));
}
