import type { Seeds } from '../plan/seeds';
import type { VerdictWord } from '../verdict/verdict';

/** What a run or a verdict was made of, by SHA-256. */
export interface Ingredients {
  readonly plan: string | null;
  readonly model: string;
  /** The plan without seed and paths, with the model: two runs of one configuration differ by chance alone. */
  readonly configuration: string;
  /** The files of the test set whole, whatever classes a plan keeps of them: picking classes is trying, too. Null for none. */
  readonly test: string | null;
  readonly train: string;
  readonly engine: { readonly name: string; readonly version: string };
}

export type LedgerEntry =
  /** Written before anything is computed: one without an end was killed, or still runs. */
  | { readonly kind: 'start'; readonly id: string; readonly job: 'run' | 'verdict'; readonly ingredients: Ingredients; readonly title: string }
  | { readonly kind: 'run'; readonly id: string; readonly ingredients: Ingredients; readonly title: string; readonly seed: Seeds;
      readonly outcome: 'result' | 'stopped' | 'failed'; readonly reason: string | null;
      /** Loss and metrics on the test set, where it was looked at. */ readonly figures: Readonly<Record<string, number>> | null; readonly seconds: number }
  | { readonly kind: 'verdict'; readonly id: string; readonly ingredients: Ingredients; readonly title: string;
      readonly verdict: VerdictWord; readonly sentence: string; readonly pairs: number; readonly looks: number; readonly stopped: boolean; readonly seconds: number }
  | { readonly kind: 'note'; readonly about: string; readonly text: string }
  /** Taken out of the tree by the user; it goes on counting. */
  | { readonly kind: 'hidden'; readonly about: string };

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
