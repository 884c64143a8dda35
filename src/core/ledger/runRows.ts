import type { LedgerFault } from './chain';
import type { LedgerRecord, RunSettings } from './entry';
import { ledgerItems, testHistory, type LedgerItem } from './history';

/** What became of a run: what trees, lists and comparisons show of it. */
export interface RunRow {
  readonly id: string;
  readonly kind: 'run' | 'verdict' | 'evaluation';
  /** ISO 8601, of its last record. */
  readonly time: string;
  /** File of its plan. */
  readonly title: string;
  readonly state: 'done' | 'stopped' | 'failed' | 'not finished';
  /** In one line. */
  readonly result: string;
  /** On the test set. */
  readonly figures: Readonly<Record<string, number>> | null;
  readonly notes: readonly string[];
  readonly hidden: boolean;
  /** With log and models, relative to the plan or absolute. */
  readonly folder: string | null;
  /** File of the whole verdict, likewise. */
  readonly report: string | null;
  readonly settings: RunSettings | null;
  readonly seed: number | null;
  /** Id of the run that it makes again. */
  readonly replayOf: string | null;
  readonly seconds: number | null;
  readonly engine: string;
  /** Hashes, by what they are of. */
  readonly hashes: Readonly<Record<string, string>>;
}

/** A ledger as people see it. */
export interface LedgerView {
  /** absolute */
  readonly ledger: string;
  /** Newest first, also the hidden ones. */
  readonly runs: readonly RunRow[];
  readonly fault: LedgerFault | null;
  /** Folders of other ledgers of the workspace, whose looks at the same test sets are counted. */
  readonly elsewhere: readonly string[];
  /** What was done with each test set. */
  readonly tests: readonly { readonly test: string; readonly configurationsTried: number; readonly looks: number }[];
}

interface Viewed {
  readonly records: readonly LedgerRecord[];
  /** With those of other ledgers of the workspace. */
  readonly all: readonly LedgerRecord[];
  readonly elsewhere: readonly string[];
  readonly fault: LedgerFault | null;
  /** Looks of verdicts that did not end, by id. */
  readonly unended: ReadonlyMap<string, number>;
}

export function ledgerView(ledger: string, { records, all, elsewhere, fault, unended }: Viewed): LedgerView {
  const tests = new Set(records.flatMap(({ entry }) => ('about' in entry ? [] : entry.ingredients.test ?? [])));
  return {
    ledger, fault, elsewhere,
    runs: ledgerItems(records).map(rowOf),
    tests: [...tests].map((test) => {
      const { configurations, looks } = testHistory(all, test, unended);
      return { test, configurationsTried: configurations.size, looks };
    }),
  };
}

function rowOf(item: LedgerItem): RunRow {
  const { record, entry, notes, hidden } = item;
  const { ingredients } = entry;
  const { model, plan, configuration, train, test, donors = {} } = ingredients;
  const none = { figures: null, folder: null, report: null, settings: null, seed: null, seconds: null, replayOf: null };
  return {
    ...none, ...outcomeOf(entry), id: entry.id, time: record.time, title: entry.title, notes, hidden,
    engine: `${ingredients.engine.name} ${ingredients.engine.version}`,
    hashes: { model, plan, configuration, train, ...(test === null ? {} : { test }), ...Object.fromEntries(Object.entries(donors).map(([name, hash]) => [`weights from ${name}`, hash])) },
  };
}

type Outcome = Pick<RunRow, 'kind' | 'state' | 'result'> & Partial<RunRow>;

function outcomeOf(entry: LedgerItem['entry']): Outcome {
  switch (entry.kind) {
    case 'start':
      return { kind: entry.job, state: 'not finished', result: 'not finished' };
    case 'ended':
      return { kind: 'verdict', state: entry.outcome, result: entry.reason };
    case 'evaluation':
      return { kind: 'evaluation', state: 'done', result: `test ${showFigures(entry.figures)}`, figures: entry.figures };
    case 'verdict':
      return { kind: 'verdict', state: entry.stopped ? 'stopped' : 'done', result: `${entry.verdict} (${entry.pairs} pairs)`, seconds: entry.seconds, report: entry.report };
    case 'run': {
      const { figures, folder, settings, seconds, seed, replayOf = null } = entry;
      return { kind: 'run', state: entry.outcome === 'result' ? 'done' : entry.outcome, result: resultOf(entry), figures, folder, settings, seconds, seed: seed.initialization, replayOf };
    }
  }
}

function resultOf({ outcome, reason, figures }: Extract<LedgerItem['entry'], { kind: 'run' }>): string {
  if (outcome !== 'result') return `${outcome}: ${reason ?? ''}`;
  return figures ? `test ${showFigures(figures)}` : 'done, no test set';
}

/** Four digits. */
function showFigures(figures: Readonly<Record<string, number>>): string {
  return Object.entries(figures).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`).join(', ');
}
