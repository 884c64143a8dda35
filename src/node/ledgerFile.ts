import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import { SurgeryError } from '../core/errors';
import { type LedgerHead, readLedger, type ReadLedger, sealRecord } from '../core/ledger/chain';
import type { LedgerEntry, LedgerRecord } from '../core/ledger/entry';
import { writeFileAtomically } from './atomicWrite';
import { sha256 } from './fileBytes';
import { systemClock } from './systemClock';

const files = { records: 'ledger.jsonl', head: 'ledger.head.json' } as const;

/** The ledger in a folder `.model-surgery`: every run and verdict on the data of the plans beside it. Processes may share it. */
export class LedgerFile {
  /** absolute */
  readonly path: string;

  constructor(private readonly folder: string) {
    this.path = join(folder, files.records);
  }

  /** Empty where there is none yet. Throws `file-unreadable`. */
  async read(): Promise<ReadLedger> {
    const [text, head] = await Promise.all([readText(this.path), this.readHead()]);
    return readLedger(text ?? '', head, sha256);
  }

  /** Writes one record and flushes it: when this resolves, it survives a crash. Throws `write-failed`. */
  async append(entry: LedgerEntry): Promise<LedgerRecord> {
    try {
      await mkdir(this.folder, { recursive: true });
      const unlock = await lockfile.lock(this.folder, { lockfilePath: `${this.path}.lock`, retries: { retries: 50, minTimeout: 20, maxTimeout: 200 } });
      try {
        return await this.appendLocked(entry);
      } finally {
        await unlock();
      }
    } catch (cause) {
      if (cause instanceof SurgeryError) throw cause;
      throw new SurgeryError('write-failed', 'The ledger could not be written.', {
        expected: 'room in a folder that can be written', received: (cause as NodeJS.ErrnoException).code ?? String(cause), where: this.path, cause,
      });
    }
  }

  private async appendLocked(entry: LedgerEntry): Promise<LedgerRecord> {
    const record = appendLine(this.path, entry, await this.readHead());
    await writeFileAtomically(join(this.folder, files.head), new TextEncoder().encode(JSON.stringify({ seq: record.seq, hash: record.hash })));
    return record;
  }

  private async readHead(): Promise<LedgerHead | null> {
    const text = await readText(join(this.folder, files.head));
    return text === null ? null : (JSON.parse(text) as LedgerHead);
  }
}

/**
 * Cuts off a torn last line, then adds one behind the last record that there ever was: where records were cut off, the gap
 * stays to be seen.
 */
function appendLine(path: string, entry: LedgerEntry, head: LedgerHead | null): LedgerRecord {
  const descriptor = openSync(path, 'a+');
  try {
    const bytes = readFileSync(descriptor);
    const end = bytes.lastIndexOf(10) + 1;
    if (end < bytes.length) ftruncateSync(descriptor, end);
    const { records } = readLedger(new TextDecoder().decode(bytes.subarray(0, end)), null, sha256);
    const last = records.at(-1) ?? null;
    const newest = head && (!last || head.seq > last.seq) ? head : last;
    const { record, line } = sealRecord(entry, { head: newest, time: systemClock.now(), sha256 });
    writeSync(descriptor, line);
    fsyncSync(descriptor);
    return record;
  } finally {
    closeSync(descriptor);
  }
}

/** Null where there is no such file. */
async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new SurgeryError('file-unreadable', 'The ledger cannot be read.', { where: path, cause });
  }
}
