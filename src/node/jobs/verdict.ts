import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { toErrorRecord } from '../../core/errors';
import type { Ingredients } from '../../core/ledger/entry';
import { earlierVerdicts, testHistory } from '../../core/ledger/history';
import { walkLayers, type Model } from '../../core/model/model';
import { sizeOf } from '../../core/model/tensor';
import { seedsOf } from '../../core/plan/seeds';
import type { Engine } from '../../core/ports';
import type { FeatureBudget } from '../../core/run/features';
import type { Finished, VerdictEvent } from '../../core/verdict/records';
import { namesPlan } from '../../core/verdict/armNames';
import { runVerdict } from '../../core/verdict/runVerdict';
import type { Classes } from '../../core/verdict/runArm';
import type { AskedVerdict, Verdict } from '../../core/verdict/verdict';
import { writeFileAtomically } from '../atomicWrite';
import { featureFolder, KeptFeatures } from '../features/keptFeatures';
import { sha256 } from '../fileBytes';
import { systemClock } from '../systemClock';
import { Lanes } from '../verdict/lanes';
import { readyVerdict, type ArmsOfPlan, type ReadyPlan, type ReadyVerdict } from '../verdict/localRunner';
import { infinityAsWord, VerdictLog } from '../verdict/verdictLog';
import { ingredientsOf, keptPath, lastingFolder } from './jobRecords';
import { readLedgersAround } from './ledgersAround';

export interface VerdictJob extends ArmsOfPlan {
  /** Null: chosen by a measured estimate. */
  readonly pairs: number | null;
  /** In place of the plan's classes, one for each pair in turn. */
  readonly classes: readonly Classes[];
  /** Seconds that the pairs may take where their number is not given. */
  readonly timeBudget: number;
  readonly engine: Engine;
  /** Script that becomes another process to train in; null: this one alone. */
  readonly laneEntry: string | null;
  /** What outputs of frozen layers may take, in all processes together. */
  readonly features: FeatureBudget;
  readonly signal?: AbortSignal;
  readonly onEvent: (event: VerdictEvent) => void;
}

/** Above it an engine's own threads and one copy of the model are the better use of a machine. */
const LARGE_MODEL = 5_000_000;
const MOST_LANES = 4;

/**
 * Compares transfer with scratch over pairs. What is finished lies on the disk: the same job continues where it was stopped or
 * killed. The ledger gets a record before the first run and one at the end. Throws `plan-invalid`, `data-…`, `stopped` before the
 * first pair is done.
 */
export async function verdictJob(job: VerdictJob): Promise<Verdict> {
  const ready = await readyVerdict(job);
  const { own: ledger, records, all, fault, unended, others: elsewhere } = await readLedgersAround(job.plan);
  const madeOf = ({ opened, model }: ReadyPlan): Promise<Ingredients> => {
    const { operations, phases } = opened.plan;
    return ingredientsOf({ plan: opened, model, operations, phases, arrays: ready.arrays, engine: job.engine }, records);
  };
  const ingredients = await madeOf(ready.main);
  const others = await Promise.all(ready.others.map(madeOf));
  const alsoTried = [...others.map(({ configuration }) => configuration), ...featureOf(job, ingredients)];
  const history = testHistory(all, ingredients.test ?? '', unended);
  const logName = `${jobKey(job, [ingredients, ...others])}.jsonl`;
  const compared = comparedBy(job, ingredients, others);
  const earlier = earlierVerdicts(all, { test: ingredients.test ?? '', configuration: ingredients.configuration, compared });
  const about = { id: crypto.randomUUID(), ingredients, title: job.plan.path };
  const log = new VerdictLog(join(lastingFolder(job.plan), 'verdicts', logName), about.id);
  await ledger.append({ kind: 'start', job: 'verdict', ...about, log: logName, ...(alsoTried.length > 0 ? { alsoTried } : {}) });
  const finished = log.read();
  const counted = { new: 0 };
  try {
    const report = join(lastingFolder(job.plan), 'verdicts', `${about.id}.json`);
    const computed = await compute(job, ready, {
      finished, log, counted, history: { ...history, own: [ingredients.configuration, ...alsoTried], log: logName, earlier, ledger: ledger.path, fault, elsewhere },
    });
    const verdict = { ...computed, report, asked: askedOf(job) };
    await writeFileAtomically(report, JSON.stringify(verdict, infinityAsWord));
    const { verdict: word, sentence, pairs, stopped, seconds } = verdict;
    await ledger.append({ kind: 'verdict', ...about, verdict: word, sentence, pairs: pairs.length, looks: counted.new, stopped, seconds, report: keptPath(job.plan, report), compared, log: logName });
    return verdict;
  } catch (thrown) {
    const { code, message } = toErrorRecord(thrown);
    await ledger.append({ kind: 'ended', ...about, outcome: code === 'stopped' ? 'stopped' : 'failed', reason: message, looks: counted.new }).catch(() => undefined);
    throw thrown;
  } finally {
    log.close();
  }
}

interface Computing {
  readonly finished: Finished;
  readonly log: VerdictLog;
  /** Looks at the test set in this call. */
  readonly counted: { new: number };
  readonly history: Parameters<typeof runVerdict>[0]['history'];
}

async function compute(job: VerdictJob, ready: ReadyVerdict, { finished, log, counted, history }: Computing): Promise<Verdict> {
  const { engine, signal, pairs, classes, timeBudget, laneEntry, plan, arms, tuneTransfer, others } = job;
  const count = laneEntry === null ? 1 : lanesFor(ready.main.model.model);
  // They share the folder and its limit.
  const features = { ...job.features, memory: Math.floor(job.features.memory / count) };
  const own = ready.runnerOn(engine, { signal, features: new KeptFeatures(featureFolder(), features) });
  const lanes = new Lanes({ own, entry: laneEntry, count, asked: { plan, arms, tuneTransfer, others }, engine, features, signal });
  try {
    return await runVerdict({
      plan: plan.plan, runner: lanes, engine: engine.name, clock: systemClock, finished, history,
      settings: { arms: ready.arms, pairs, classes, timeBudget },
      emit: (event) => {
        log.append(event);
        if (event.type === 'arm') counted.new += 1;
        job.onEvent(event);
      },
    });
  } finally {
    lanes.dispose();
  }
}

function lanesFor(model: Model): number {
  const numbers = [...walkLayers(model)].reduce((sum, { layer }) => sum + layer.weights.reduce((own, { shape }) => own + sizeOf(shape), 0), 0);
  return numbers > LARGE_MODEL ? 1 : Math.min(MOST_LANES, availableParallelism());
}

/** The first phase alone is a configuration of its own that is looked at on the test set. */
function featureOf({ arms, plan }: VerdictJob, { configuration }: Ingredients): string[] {
  const isOther = plan.plan.phases.length > 1 && arms.some((name) => /^features?$/.test(name));
  return isOther ? [sha256(new TextEncoder().encode(`feature ${configuration}`))] : [];
}

function askedOf({ plan: { plan }, pairs, arms, tuneTransfer, classes, timeBudget, engine }: VerdictJob): AskedVerdict {
  return { plan, pairs, arms, tuneTransfer, classes, timeBudget, engine: engine.name };
}

/** What the first two arms train, whichever is named first. */
function comparedBy({ arms }: VerdictJob, { configuration }: Ingredients, others: readonly Ingredients[]): string {
  const plans = arms.filter(namesPlan);
  const trained = arms.slice(0, 2).map((name) => (namesPlan(name) ? others[plans.indexOf(name)].configuration : `${name.replace(/^features$/, 'feature')} ${configuration}`));
  return sha256(new TextEncoder().encode(trained.sort().join('\n')));
}

/** Pairs of one key continue each other: everything but their number. */
function jobKey({ plan, arms, tuneTransfer, classes, engine }: VerdictJob, made: readonly Ingredients[]): string {
  const [{ train, test }] = made;
  const names = arms.map((name) => basename(name));
  const key = { configurations: made.map(({ configuration }) => configuration), train, test, engine: [engine.name, engine.version], seeds: seedsOf(plan.plan), names, tuneTransfer, classes, tunings: 'three pairs each' };
  return sha256(new TextEncoder().encode(JSON.stringify(key))).slice(0, 32);
}
