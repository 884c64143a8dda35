import { join } from 'node:path';
import { SurgeryError } from '../../core/errors';
import { arraysHash, configurationHash } from '../../core/ledger/fingerprints';
import type { Ingredients } from '../../core/ledger/entry';
import { testHistory } from '../../core/ledger/history';
import type { Plan } from '../../core/plan/plan';
import { checkPlan } from '../../core/plan/checkPlan';
import { planInvalid } from '../../core/plan/schema';
import { seedsOf } from '../../core/plan/seeds';
import type { Engine } from '../../core/ports';
import { resolveArms } from '../../core/verdict/arms';
import type { Classes, VerdictSource } from '../../core/verdict/runArm';
import type { VerdictEvent } from '../../core/verdict/records';
import { runVerdict } from '../../core/verdict/runVerdict';
import type { Verdict } from '../../core/verdict/verdict';
import { sha256 } from '../fileBytes';
import { LedgerFile } from '../ledgerFile';
import { systemClock } from '../systemClock';
import { PlanArrays } from './dataFiles';
import { editModel, openForEdits, surgeryContext, type OpenedModel } from './openModel';
import { editsOf, modelPathOf, planFolder, type OpenedPlan } from './planFile';
import { VerdictLog } from './verdictLog';

export interface VerdictJob {
  readonly plan: OpenedPlan;
  /** Null: chosen by a measured estimate. */
  readonly pairs: number | null;
  /** `transfer`, `scratch`, `features`, `scratch-longer`; the first two are compared. */
  readonly arms: readonly string[];
  readonly tuneTransfer: boolean;
  /** In place of the plan's classes, one for each pair in turn. */
  readonly classes: readonly Classes[];
  /** Seconds that the pairs may take where their number is not given. */
  readonly timeBudget: number;
  readonly engine: Engine;
  readonly signal?: AbortSignal;
  readonly onEvent: (event: VerdictEvent) => void;
}

/** Folder beside a plan for what lasts: ledger, verdicts, runs. */
const LASTING = '.model-surgery';

/**
 * Compares transfer with scratch over pairs. What is finished lies on the disk: the same job continues where it was stopped or
 * killed. Throws `plan-invalid`, `data-…`, `stopped` before the first pair is done.
 */
export async function verdictJob(job: VerdictJob): Promise<Verdict> {
  const { plan: opened, engine, signal } = job;
  const model = await openForEdits(modelPathOf(opened), opened.plan.operations);
  await requirePlan(opened, model);
  const arrays = new PlanArrays(opened);
  const folder = join(planFolder(opened), LASTING);
  const ledger = new LedgerFile(folder);
  const ingredients = await fingerprints(opened, model, { arrays, engine });
  const { records, fault } = await ledger.read();
  const history = testHistory(records, ingredients.test ?? '');
  const log = new VerdictLog(join(folder, 'verdicts', `${jobKey(job, ingredients)}.jsonl`));
  const id = crypto.randomUUID();
  const title = opened.path;
  await ledger.append({ kind: 'start', id, job: 'verdict', ingredients, title });
  const finished = log.read();
  try {
    const verdict = await runVerdict({
      source: sourceOf(opened, model, arrays),
      settings: { arms: resolveArms(opened.plan, job.arms, job.tuneTransfer), pairs: job.pairs, classes: job.classes, timeBudget: job.timeBudget },
      finished, engine, clock: systemClock, sha256, ...(signal ? { signal } : {}),
      history: { ...history, configuration: ingredients.configuration, ledger: ledger.path, fault },
      emit: (event) => {
        log.append(event);
        job.onEvent(event);
      },
    });
    const looks = (verdict.pairs.length - finished.pairs.length) * job.arms.length;
    const { verdict: word, sentence, pairs, stopped, seconds } = verdict;
    await ledger.append({ kind: 'verdict', id, ingredients, title, verdict: word, sentence, pairs: pairs.length, looks, stopped, seconds });
    return verdict;
  } finally {
    log.close();
  }
}

async function requirePlan(opened: OpenedPlan, model: OpenedModel): Promise<void> {
  const mistakes = await checkPlan(opened.plan, { model: model.model, context: surgeryContext(model, editsOf(opened)) });
  if (mistakes.length > 0) throw planInvalid(mistakes, opened.path);
  if (opened.plan.data.test) return;
  throw new SurgeryError('plan-invalid', 'A verdict needs a test set.', { expected: 'a set to compare on', received: 'none', where: 'data.test' });
}

function sourceOf(opened: OpenedPlan, source: OpenedModel, arrays: PlanArrays): VerdictSource {
  return {
    plan: opened.plan,
    model: { path: source.path, sha256: source.sha256 },
    prepare: async (initialization) => (await editModel(source, { ...editsOf(opened), seed: initialization })).model,
    load: (model, sample, classes) => arrays.load(model, classes ? withClasses(opened.plan.data, classes) : opened.plan.data, sample),
  };
}

function withClasses(data: Plan['data'], classes: Classes): Plan['data'] {
  const { train, validation, test } = data;
  return { train: { ...train, classes }, ...(validation ? { validation: { ...validation, classes } } : {}), ...(test ? { test: { ...test, classes } } : {}) };
}

interface Computing {
  readonly arrays: PlanArrays;
  readonly engine: Engine;
}

async function fingerprints({ plan, path }: OpenedPlan, model: OpenedModel, { arrays, engine }: Computing): Promise<Ingredients> {
  const { validation, test } = plan.data;
  return {
    plan: path,
    model: model.sha256,
    configuration: configurationHash(plan, model.sha256, sha256),
    train: arraysHash([...(await arrays.wholeSet('train')), ...(validation ? await arrays.wholeSet('validation') : [])], sha256),
    test: test ? arraysHash(await arrays.wholeSet('test'), sha256) : null,
    engine: { name: engine.name, version: engine.version },
  };
}

/** Pairs of one key continue each other: everything but their number. */
function jobKey({ plan, arms, tuneTransfer, classes }: VerdictJob, { configuration, train, test, engine }: Ingredients): string {
  const made = { configuration, train, test, engine, seeds: seedsOf(plan.plan), arms, tuneTransfer, classes };
  return sha256(new TextEncoder().encode(JSON.stringify(made))).slice(0, 32);
}
