import type { LedgerFault } from '../ledger/chain';
import type { Plan } from '../plan/plan';
import type { Seeds } from '../plan/seeds';
import type { Interval } from './interval';
import type { Tried } from './tune';

export type VerdictWord = 'helps' | 'helps-negligibly' | 'no-difference-shown' | 'hurts' | 'faster-not-better' | 'not-enough-runs';

/** What one arm gave in one pair, on the test set. */
export interface ArmResult {
  /** 1 - accuracy where the metric is an accuracy, else the metric itself: lower is better. */
  readonly error: number;
  readonly loss: number;
  readonly seconds: number;
  /** Of its phases: those of the pair's tuning, where the arm is tuned. */
  readonly learningRates: readonly number[];
}

/** Two arms that share initialization seed, order seed, training samples and classes. */
export interface Pair {
  /** from 1 */
  readonly pair: number;
  readonly seed: Seeds;
  /** Labels by class number, as the plan's `classes` has them; null where the plan's own are used. */
  readonly classes: Readonly<Record<string, number>> | null;
  readonly transfer: ArmResult;
  readonly scratch: ArmResult;
  /** Arms that are reported beside, by name. */
  readonly others: Readonly<Record<string, ArmResult>>;
  /** transfer error - scratch error: negative where transfer is better */
  readonly difference: number;
}

export interface Statistics {
  readonly pairs: number;
  readonly mean: number;
  readonly meanInterval: Interval;
  readonly iqm: number;
  readonly iqmInterval: Interval;
  readonly p: number;
  /** p times the number of configurations that were tried on this test set, at most 1 (Holm's first step). */
  readonly correctedP: number;
  /** Which look at this comparison it is, from 1: verdicts with other numbers of pairs, or other seeds, were given before. */
  readonly look: number;
  /** What p, corrected, may be at this look for a claim: over all looks 5 %. */
  readonly level: number;
  /** How often learning rates were chosen, pairs taking turns with them; null where no arm was tuned. */
  readonly tunings: number | null;
  /** The same test with one sign for all pairs of a tuning, not corrected; null where it would be the same as `p`. */
  readonly pOverTunings: number | null;
  /** Of the mean difference, the pairs of a tuning drawn together; null where it would be the same as `meanInterval`. */
  readonly meanIntervalOverTunings: Interval | null;
  readonly probabilityBetter: number;
  readonly probabilityBetterInterval: Interval;
  /** At the next look; at this one where it claims a difference. */
  readonly pairsNeeded: number | null;
  /** Standard error of an error rate of this height on a test set of this size; null where errors are no rates. */
  readonly testError: number | null;
}

/** An arm, what was tried to tune it, and how it did over all pairs. */
export interface ArmReport {
  readonly name: string;
  /** On validation data, over all tunings; empty where it was not tuned. */
  readonly tried: readonly Tried[];
  readonly chosen: Tried['settings'];
  /** The arm whose validation errors chose its learning rates; null where the plan's own are used. Missing in reports of earlier versions. */
  readonly tunedBy?: string | null;
  readonly meanError: number;
  /** Mean over the pairs. */
  readonly seconds: number;
  readonly epochs: number;
}

/** A number over the pairs: its mean, and the middle half of it. */
export interface Band {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** How one arm learned, over all pairs. */
export interface ArmCurve {
  readonly name: string;
  readonly epochs: readonly {
    /** From 1, over all phases. */
    readonly epoch: number;
    readonly loss: Band;
    /** Null where no pair measured it. */
    readonly validationLoss: Band | null;
  }[];
}

/** What was asked for: the same again goes on from the pairs that are finished. */
export interface AskedVerdict {
  /** As it was judged, with what an editor did to its model. */
  readonly plan: Plan;
  /** Null: chosen by a measured estimate. */
  readonly pairs: number | null;
  /** Names of arms, or paths of other plans as they were given. */
  readonly arms: readonly string[];
  readonly tuneTransfer: boolean;
  /** In place of the plan's classes, one for each pair in turn. */
  readonly classes: readonly Readonly<Record<string, number>>[];
  /** Seconds that the pairs may take where their number is not given. */
  readonly timeBudget: number;
  /** In what was computed the one that did. */
  readonly engine: string;
}

/** What a verdict says: see contract. */
export interface Verdict {
  readonly verdict: VerdictWord;
  readonly sentence: string;
  readonly metric: string;
  readonly pairs: readonly Pair[];
  readonly statistics: Statistics;
  readonly arms: readonly ArmReport[];
  readonly curves: readonly ArmCurve[];
  readonly configurationsTried: number;
  readonly testLooks: number;
  /** The test set was looked at so often that its errors are no fresh evidence any more. */
  readonly worn: boolean;
  readonly notVaried: readonly string[];
  readonly seconds: number;
  readonly stopped: boolean;
  readonly ledger: string | null;
  /** File that holds this object; null where it was not kept. */
  readonly report: string | null;
  /** Missing in reports of earlier versions. */
  readonly asked?: AskedVerdict;
  readonly ledgerFault: LedgerFault | null;
  /** Folders of other ledgers of the workspace, whose looks at this test set are counted. Missing in reports of earlier versions. */
  readonly elsewhere?: readonly string[];
}
