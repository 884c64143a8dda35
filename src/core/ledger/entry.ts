import type { Plan } from '../plan/plan';
import type { Seeds } from '../plan/seeds';
import type { Operation } from '../surgery/operation';
import type { VerdictWord } from '../verdict/verdict';

/** What a run or a verdict was made of, by SHA-256. */
export interface Ingredients {
  /** Of the plan as it was run. */
  readonly plan: string;
  /** Of the model's file. */
  readonly model: string;
  /** The plan without seed and paths, with the model: two runs of one configuration differ by chance alone. */
  readonly configuration: string;
  /** The files of the test set whole, whatever classes a plan keeps of them: picking classes is trying, too. Null for none. */
  readonly test: string | null;
  readonly train: string;
  /** Files that operations took weights from, by their names in the plan; left out where there are none, and by earlier versions. */
  readonly donors?: Readonly<Record<string, string>>;
  readonly engine: { readonly name: string; readonly version: string };
  /** Of this program and of what it ran on. */
  readonly versions: Readonly<Record<string, string>>;
}

type Figures = Readonly<Record<string, number>>;

export type LedgerEntry =
  /** Written before anything is computed: one without an end was killed, or still runs. */
  | { readonly kind: 'start'; readonly id: string; readonly job: 'run' | 'verdict'; readonly ingredients: Ingredients; readonly title: string;
      /** Configurations of further arms. */ readonly alsoTried?: readonly string[];
      /** Name of the verdict's log, which counts its looks as they come. */ readonly log?: string }
  /** A verdict that ended without saying anything. */
  | { readonly kind: 'ended'; readonly id: string; readonly ingredients: Ingredients; readonly title: string; readonly outcome: 'stopped' | 'failed'; readonly reason: string;
      readonly looks: number }
  | { readonly kind: 'run'; readonly id: string; readonly ingredients: Ingredients; readonly title: string; readonly seed: Seeds;
      readonly outcome: 'result' | 'stopped' | 'failed'; readonly reason: string | null; readonly settings: RunSettings;
      /** With its log and models, relative to the plan where it lies beside it; null where nothing was written. */ readonly folder: string | null;
      /** It went on from a checkpoint. */ readonly resumed: boolean;
      /** Loss and metrics on the test set, where it was looked at. */ readonly figures: Figures | null; readonly seconds: number;
      /** Missing in records of earlier versions. */ readonly kept?: KeptRun;
      /** Id of the run that it makes again. */ readonly replayOf?: string }
  /** A model was measured on the test set. */
  | { readonly kind: 'evaluation'; readonly id: string; readonly ingredients: Ingredients; readonly title: string; readonly figures: Figures; readonly samples: number }
  | { readonly kind: 'verdict'; readonly id: string; readonly ingredients: Ingredients; readonly title: string;
      readonly verdict: VerdictWord; readonly sentence: string; readonly pairs: number; readonly looks: number; readonly stopped: boolean; readonly seconds: number;
      /** File of the whole verdict, relative to the plan. */ readonly report: string | null;
      /** Hash of the configurations that were compared, and the log of the pairs. Missing in records of earlier versions. */ readonly compared?: string; readonly log?: string }
  | { readonly kind: 'note'; readonly about: string; readonly text: string }
  /** Taken out of the tree by the user; it goes on counting. */
  | { readonly kind: 'hidden'; readonly about: string };

/** What makes the same run again. */
export interface KeptRun {
  /** As it was run, its paths relative to the plan's folder. */
  readonly plan: Plan;
  /** From 1: those that were run. */
  readonly phases: readonly number[];
  /** Relative to the plan where it lies beside it. */
  readonly model: string;
  /** The editor's, which stand for the plan's; left out where the plan's own were done. */
  readonly operations?: readonly Operation[];
  readonly changedSinceCompile?: boolean;
  /** SHA-256 of the models that it wrote, by the file's name. */
  readonly saved: Readonly<Record<string, string>>;
}

/** What people compare two runs by. */
export interface RunSettings {
  readonly model: string;
  /** One line for each. */
  readonly operations: readonly string[];
  readonly phases: readonly { readonly name: string; readonly freeze: string; readonly optimizer: string; readonly learningRate: number | null; readonly epochs: number; readonly batchSize: number }[];
  readonly take: number | null;
}

/** A line of the ledger. */
export interface LedgerRecord {
  /** from 0, no gaps */
  readonly seq: number;
  /** ISO 8601 */
  readonly time: string;
  readonly entry: LedgerEntry;
  /** Hash of the record before it; empty for the first. */
  readonly previous: string;
  /** SHA-256 of the line without this. */
  readonly hash: string;
}
