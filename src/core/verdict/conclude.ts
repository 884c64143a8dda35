import type { LedgerFault } from '../ledger/chain';
import type { Plan } from '../plan/plan';
import { seedsOf } from '../plan/seeds';
import { curvesOf } from './curves';
import { decide } from './decide';
import { settleDiverged } from './diverged';
import { knownPairsOf } from './knownClasses';
import type { PairRecord, VerdictSettings } from './records';
import type { TunedArm } from './tune';
import { sayVerdict } from './sentence';
import { lookOf, type EarlierVerdict } from './spending';
import { judge } from './statistics';
import { mean } from './summaries';
import type { Arm } from './arms';
import type { ArmReport, ArmResult, Pair, Verdict } from './verdict';

/** What the ledger knows of a test set before this verdict. */
export interface History {
  /** Configurations of the transfer arm that were evaluated on it, this one among them where it was. */
  readonly configurations: ReadonlySet<string>;
  /** This plan's, and those of further arms that are other plans. */
  readonly own: readonly string[];
  readonly looks: number;
  /** The pairs that this verdict goes on from. */
  readonly log: string;
  /** Verdicts of the same comparison, oldest first. */
  readonly earlier: readonly EarlierVerdict[];
  readonly ledger: string | null;
  /** What is wrong with the ledger: its count cannot be believed then. */
  readonly fault: LedgerFault | null;
  /** Folders of other ledgers whose looks are counted, too. */
  readonly elsewhere: readonly string[];
}

export interface Concluding {
  readonly plan: Plan;
  readonly settings: VerdictSettings;
  readonly history: History;
  readonly records: readonly PairRecord[];
  /** At the test set, by the runs of this call: those of earlier calls stand in the ledger. */
  readonly looks: number;
  readonly tuned: ReadonlyMap<string, TunedArm>;
  readonly engine: string;
  readonly seconds: number;
  readonly stopped: boolean;
  /** For the intervals. */
  readonly resamples?: number;
}

/** A test set on which more configurations were tried is called worn: the best of so many is good by luck. */
const WORN = 20;

/** The verdict over the pairs that are there; at least one. Throws `not-finite` where every run diverged. */
export function conclude(given: Concluding): Verdict {
  const { plan, settings, history, records, stopped, seconds, resamples } = given;
  const { pairs, metric } = settleDiverged(records);
  const [{ testSamples }] = records;
  const configurationsTried = new Set([...history.configurations, ...history.own]).size;
  const seed = seedsOf(plan).initialization;
  const [tried, baseline] = settings.arms.map(({ tunedBy }) => tunedBy !== null);
  const tunedOver = tried || baseline ? settings.classes.length : null;
  const look = lookOf({ log: history.log, pairs: pairs.length }, history.earlier);
  const statistics = judge({ pairs, configurationsTried, look, tunedOver, testSamples, errorsAreRates: metric.isRate, seed, ...(resamples !== undefined && { resamples }) });
  const verdict = decide({ pairs, statistics, testSamples, seed, configurationsTried });
  const notVaried = listNotVaried(given);
  const arms = settings.arms.map((arm, index) => report(arm, given, pairs.map((pair) => resultOf(pair, arm, index))));
  const worn = configurationsTried > WORN;
  const told = { verdict, statistics, pairs, metric, configurationsTried, notVaried, worn, tunedOver, knownPairs: knownPairsOf(plan, pairs), tuned: [tried, baseline] as const, testSamples, names: arms.map(({ name }) => name) };
  return {
    verdict, sentence: sayVerdict(told), metric: metric.metric, pairs, statistics, arms, curves: curvesOf(records, told.names), configurationsTried,
    testLooks: history.looks + given.looks,
    worn, notVaried, seconds, stopped, ledger: history.ledger, report: null, ledgerFault: history.fault, elsewhere: history.elsewhere,
  };
}

function resultOf({ transfer, scratch, others }: Pair, { name }: Arm, index: number): ArmResult {
  return index === 0 ? transfer : index === 1 ? scratch : others[name];
}

function report(arm: Arm, { tuned }: Concluding, results: readonly ArmResult[]): ArmReport {
  const { tried, chosen, factor } = tuned.get(arm.name) ?? { tried: [], chosen: { learningRates: [] }, factor: 1 };
  return {
    name: arm.name, tried, chosen, tunedBy: arm.tunedBy,
    meanError: mean(results.map(({ error }) => error)),
    seconds: mean(results.map(({ seconds }) => seconds)),
    epochs: arm.phases(factor).reduce((sum, { epochs }) => sum + epochs, 0),
  };
}

/** What was the same in every pair, so that nothing is said of it. */
function listNotVaried({ plan, settings, engine }: Concluding): string[] {
  const varied = new Set(settings.classes.map((classes) => JSON.stringify(classes)));
  return [
    ...(varied.size > 1 ? [] : ['the classes']),
    ...(plan.data.train.take === undefined ? ['the training samples (the plan takes no sub-sample)'] : ['the number of training samples']),
    'the test set',
    'the pre-trained model',
    ...(settings.arms[0].tunedBy === null ? [`the learning rates of ${settings.arms[0].name} (the plan's own)`] : []),
    'the optimizer, the batch size and the number of epochs',
    `the engine (${engine})`,
  ];
}
