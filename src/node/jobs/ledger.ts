import { SurgeryError } from '../../core/errors';
import { ledgerView, type LedgerView } from '../../core/ledger/runRows';
import { LedgerFile } from '../ledgerFile';
import { unendedLooks } from '../verdict/verdictLog';
import { lastingFolder } from './jobRecords';

/** What was ever tried beside a plan. Throws `file-unreadable`. */
export async function readLedgerJob(planPath: string): Promise<LedgerView> {
  const ledger = new LedgerFile(lastingFolder({ path: planPath }));
  const { records, fault } = await ledger.read();
  return ledgerView(ledger.path, { records, fault, unended: unendedLooks(lastingFolder({ path: planPath }), records) });
}

export interface Annotation {
  /** Id of a run. */
  readonly about: string;
  /** A note on it; null: it is taken out of the list, and goes on counting. */
  readonly note: string | null;
}

/** Adds to what is said of a run; the record of the run itself never changes. Throws `usage` where there is no such run, `write-failed`. */
export async function annotateRunJob(planPath: string, { about, note }: Annotation): Promise<LedgerView> {
  const { runs } = await readLedgerJob(planPath);
  if (!runs.some(({ id }) => id === about)) {
    throw new SurgeryError('usage', 'The ledger has no such run.', { expected: 'the id of a run of this plan', received: about });
  }
  await new LedgerFile(lastingFolder({ path: planPath })).append(note === null ? { kind: 'hidden', about } : { kind: 'note', about, text: note });
  return readLedgerJob(planPath);
}
