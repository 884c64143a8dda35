import { SurgeryError } from '../../core/errors';
import { ledgerView, type LedgerView } from '../../core/ledger/runRows';
import { LedgerFile } from '../ledgerFile';
import { lastingFolder } from './jobRecords';
import { readLedgersAround } from './ledgersAround';
import { openPlan } from './planFile';

/** What was ever tried beside a plan. Throws `file-unreadable`. */
export async function readLedgerJob(planPath: string): Promise<LedgerView> {
  // A plan that cannot be read has its ledger still.
  const plan = await openPlan(planPath).catch(() => ({ path: planPath }));
  const { own, records, all, fault, unended, others } = await readLedgersAround(plan);
  return ledgerView(own.path, { records, all, fault, unended, elsewhere: others });
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
