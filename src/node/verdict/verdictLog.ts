import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SurgeryError } from '../../core/errors';
import type { LedgerRecord } from '../../core/ledger/entry';
import type { Finished, PairRecord, VerdictEvent } from '../../core/verdict/records';
import type { Tuning } from '../../core/verdict/tune';

/** What a verdict has finished, on disk: a JSON line for each tuning, each pair and each look at the test set, flushed as they come. */
export class VerdictLog {
  private descriptor: number | null = null;

  /** `call` is the verdict's id in the ledger. */
  constructor(private readonly path: string, private readonly call: string) {}

  /** What is there. A line that was torn by a crash is cut off and its pair computed again. Throws `write-failed`. */
  read(): Finished {
    const descriptor = this.open();
    const bytes = readFileSync(descriptor);
    const end = bytes.lastIndexOf(10) + 1;
    if (end < bytes.length) ftruncateSync(descriptor, end);
    const events = new TextDecoder().decode(bytes.subarray(0, end)).split('\n').filter(Boolean).map((line) => JSON.parse(line, revive) as VerdictEvent);
    return {
      tunings: events.flatMap((event): Tuning[] => (event.type === 'tuned' ? [event.tuning] : [])),
      pairs: events.flatMap((event): PairRecord[] => (event.type === 'pair' ? [event.record] : [])),
    };
  }

  /** Keeps what costs time to compute. Throws `write-failed`. */
  append(event: VerdictEvent): void {
    if (event.type !== 'tuned' && event.type !== 'pair' && event.type !== 'arm') return;
    const line = event.type === 'arm' ? { type: 'look', call: this.call } : event;
    try {
      const descriptor = this.open();
      writeSync(descriptor, `${JSON.stringify(line, infinityAsWord)}\n`);
      fsyncSync(descriptor);
    } catch (cause) {
      throw this.failed(cause);
    }
  }

  /** Safe to repeat. */
  close(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
  }

  private open(): number {
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      return (this.descriptor ??= openSync(this.path, 'a+'));
    } catch (cause) {
      throw this.failed(cause);
    }
  }

  private failed(cause: unknown): SurgeryError {
    return new SurgeryError('write-failed', 'The finished pairs of the verdict could not be written.', {
      expected: 'room in a folder that can be written', received: (cause as NodeJS.ErrnoException).code ?? String(cause), where: this.path, cause,
    });
  }
}

/** Looks at the test set of verdicts that have no end in the ledger, killed or on their way, by id. `folder` is that of the ledger. */
export function unendedLooks(folder: string, records: readonly LedgerRecord[]): ReadonlyMap<string, number> {
  const entries = records.map(({ entry }) => entry);
  const ended = new Set(entries.flatMap((entry) => ('about' in entry || entry.kind === 'start' ? [] : [entry.id])));
  return new Map(entries.flatMap((entry): [string, number][] => {
    if (entry.kind !== 'start' || entry.log === undefined || ended.has(entry.id)) return [];
    return [[entry.id, textOf(join(folder, 'verdicts', basename(entry.log))).split(JSON.stringify({ type: 'look', call: entry.id })).length - 1]];
  }));
}

/** Empty where the log is gone or was never begun. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** JSON has no Infinity; the loss of an arm that diverged is one. */
export function infinityAsWord(_key: string, value: unknown): unknown {
  return value === Infinity ? 'Infinity' : value;
}

function revive(_key: string, value: unknown): unknown {
  return value === 'Infinity' ? Infinity : value;
}
