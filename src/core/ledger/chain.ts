import type { Sha256 } from '../ports';
import type { LedgerEntry, LedgerRecord } from './entry';

/** Where a ledger ends, kept apart from it so that lines cut off at its end are missed. */
export interface LedgerHead {
  readonly seq: number;
  readonly hash: string;
}

/** What is wrong with a ledger: which record, counted from 0, and what. */
export interface LedgerFault {
  readonly seq: number;
  readonly what: 'edited' | 'removed or reordered' | 'cut off';
}

export interface ReadLedger {
  /** All that can be read, also behind a fault. */
  readonly records: readonly LedgerRecord[];
  readonly fault: LedgerFault | null;
  /** Characters of whole lines: what stands behind them is a line that was torn while it was written. */
  readonly length: number;
}

const encoder = new TextEncoder();
const HASH = /^(.*),"hash":"([0-9a-f]{64})"\}$/;

export interface Sealing {
  readonly head: LedgerHead | null;
  readonly time: number;
  readonly sha256: Sha256;
}

/** The next record and its line. Each holds the hash of the one before, so that none can be changed, taken out or moved unseen. */
export function sealRecord(entry: LedgerEntry, { head, time, sha256 }: Sealing): { readonly record: LedgerRecord; readonly line: string } {
  const unsealed = { seq: head ? head.seq + 1 : 0, time: new Date(time).toISOString(), entry, previous: head?.hash ?? '' };
  const text = JSON.stringify(unsealed);
  const hash = sha256(encoder.encode(text));
  return { record: { ...unsealed, hash }, line: `${text.slice(0, -1)},"hash":"${hash}"}\n` };
}

/** Reads a ledger and checks its chain. A torn last line is left out: it was never acknowledged. */
export function readLedger(text: string, head: LedgerHead | null, sha256: Sha256): ReadLedger {
  const length = text.lastIndexOf('\n') + 1;
  const lines = text.slice(0, length).split('\n').slice(0, -1);
  const parsed = lines.map((line) => parseLine(line, sha256));
  const records = parsed.filter((record) => record !== undefined);
  return { records, fault: firstFault(parsed) ?? cutOff(records, head), length };
}

function firstFault(parsed: readonly (LedgerRecord | undefined)[]): LedgerFault | null {
  for (const [seq, record] of parsed.entries()) {
    if (!record) return { seq, what: 'edited' };
    const previous = seq === 0 ? '' : parsed[seq - 1]?.hash;
    if (record.seq !== seq || record.previous !== previous) return { seq, what: 'removed or reordered' };
  }
  return null;
}

/** The record of a line whose hash is right. */
function parseLine(line: string, sha256: Sha256): LedgerRecord | undefined {
  const match = HASH.exec(line);
  if (!match) return undefined;
  const [, body, hash] = match;
  if (sha256(encoder.encode(`${body}}`)) !== hash) return undefined;
  return { ...(JSON.parse(`${body}}`) as Omit<LedgerRecord, 'hash'>), hash };
}

/** The head is written after its record: the ledger may be one record ahead of it, never behind. */
function cutOff(records: readonly LedgerRecord[], head: LedgerHead | null): LedgerFault | null {
  if (!head) return null;
  const there = records.find(({ seq }) => seq === head.seq);
  return there?.hash === head.hash ? null : { seq: head.seq, what: there ? 'edited' : 'cut off' };
}
