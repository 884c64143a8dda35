import type { Arm } from './arms';
import type { ErrorMeasure } from './metric';
import type { Classes, CurvePoint } from './runArm';
import type { Tuning } from './tune';
import type { Pair } from './verdict';

export interface VerdictSettings {
  /** Transfer first, scratch second; further ones are reported beside. */
  readonly arms: readonly [Arm, Arm, ...Arm[]];
  /** Null: 30, or as many as fit into the time, at least 10. */
  readonly pairs: number | null;
  /** Seconds that the pairs may take where their number is not given. */
  readonly timeBudget: number;
  /** One for each pair in turn; the plan's own where empty. */
  readonly classes: readonly Classes[];
}

/** What is there from an earlier call that was stopped or killed: it is not computed again. */
export interface Finished {
  readonly tunings: readonly Tuning[];
  readonly pairs: readonly PairRecord[];
}

export interface PairRecord {
  readonly pair: Pair;
  /** By arm. */
  readonly curves: Readonly<Record<string, readonly CurvePoint[]>>;
  readonly metric: ErrorMeasure;
  readonly testSamples: number;
}

export type VerdictEvent =
  | { readonly type: 'tuning'; readonly arm: string; readonly run: number; readonly runs: number }
  | { readonly type: 'tuned'; readonly tuning: Tuning; readonly learningRates: readonly number[] }
  | { readonly type: 'estimate'; readonly pairs: number; readonly seconds: number | null }
  | { readonly type: 'arm'; readonly pair: number; readonly pairs: number; readonly arm: string; readonly seconds: number }
  | { readonly type: 'pair'; readonly record: PairRecord };
