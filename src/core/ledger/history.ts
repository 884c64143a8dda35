import { FEWEST } from '../verdict/decide';
import type { EarlierVerdict } from '../verdict/spending';
import type { LedgerEntry, LedgerRecord } from './entry';

export interface TestHistory {
  /** Configurations that were evaluated on a test set. */
  readonly configurations: ReadonlySet<string>;
  /** How often it was looked at. */
  readonly looks: number;
}

/** What was done with a test set. Hidden runs count. `unended`: looks of verdicts that did not end, by id. */
export function testHistory(records: readonly LedgerRecord[], test: string, unended: ReadonlyMap<string, number> = new Map()): TestHistory {
  const entries = records.map(({ entry }) => entry);
  const looked = entries.filter((entry) => looksOf(entry, test) > 0 || mayHaveLooked(entry, test));
  return {
    configurations: new Set(looked.flatMap(configurationsOf)),
    looks: looked.reduce((sum, entry) => sum + (mayHaveLooked(entry, test) && 'id' in entry ? unended.get(entry.id) ?? 0 : looksOf(entry, test)), 0),
  };
}

function configurationsOf(entry: LedgerEntry): string[] {
  if ('about' in entry) return [];
  return [entry.ingredients.configuration, ...(entry.kind === 'start' ? entry.alsoTried ?? [] : [])];
}

function looksOf(entry: LedgerEntry, test: string): number {
  if (entry.kind === 'run') return entry.ingredients.test === test && entry.figures ? 1 : 0;
  if (entry.kind === 'evaluation') return entry.ingredients.test === test ? 1 : 0;
  return (entry.kind === 'verdict' || entry.kind === 'ended') && entry.ingredients.test === test ? entry.looks : 0;
}

/** A verdict looks at the test set from its first pair on: one that was killed counts as a configuration. */
function mayHaveLooked(entry: LedgerEntry, test: string): boolean {
  return entry.kind === 'start' && entry.job === 'verdict' && entry.ingredients.test === test;
}

export interface Comparison {
  readonly test: string;
  /** Of the plan. */
  readonly configuration: string;
  /** Of the two arms, as a verdict's record has it. */
  readonly compared: string;
}

/** The verdicts of a comparison, oldest first; those that could claim nothing, of too few pairs, were no looks. Hidden ones count. */
export function earlierVerdicts(records: readonly LedgerRecord[], { test, configuration, compared }: Comparison): EarlierVerdict[] {
  const entries = records.map(({ entry }) => entry);
  const logs = new Map(entries.flatMap((entry) => (entry.kind === 'start' && entry.log !== undefined ? [[entry.id, entry.log] as const] : [])));
  return entries.flatMap((entry) => {
    if (entry.kind !== 'verdict' || entry.ingredients.test !== test || entry.pairs < FEWEST) return [];
    if (entry.compared === undefined ? entry.ingredients.configuration !== configuration : entry.compared !== compared) return [];
    return [{ log: entry.log ?? logs.get(entry.id) ?? entry.id, pairs: entry.pairs }];
  });
}

/** A run, an evaluation or a verdict as people see it, with what was said of it later. */
export interface LedgerItem {
  readonly record: LedgerRecord;
  /** How it ended; its start where it did not. */
  readonly entry: Extract<LedgerEntry, { kind: 'start' | 'run' | 'evaluation' | 'verdict' | 'ended' }>;
  readonly notes: readonly string[];
  readonly hidden: boolean;
}

/** Runs and verdicts, newest first. */
export function ledgerItems(records: readonly LedgerRecord[]): LedgerItem[] {
  const ended = new Set(records.flatMap(({ entry }) => ('about' in entry || entry.kind === 'start' ? [] : [entry.id])));
  const items = records.flatMap((record) => {
    const { entry } = record;
    if ('about' in entry || (entry.kind === 'start' && ended.has(entry.id))) return [];
    const about = records.map((later) => later.entry).filter((later) => 'about' in later && later.about === entry.id);
    const notes = about.flatMap((later) => (later.kind === 'note' ? [later.text] : []));
    return [{ record, entry, notes, hidden: about.some(({ kind }) => kind === 'hidden') }];
  });
  return items.reverse();
}
