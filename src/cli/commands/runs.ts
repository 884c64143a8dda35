import { resolve } from 'node:path';
import { SurgeryError } from '../../core/errors';
import { comparisonMarkdown, runMarkdown } from '../../core/ledger/compareRuns';
import type { LedgerView, RunRow } from '../../core/ledger/runRows';
import { openEngine } from '../../engine/openEngine';
import { freshFolder } from '../../node/jobs/jobRecords';
import { annotateRunJob, readLedgerJob } from '../../node/jobs/ledger';
import { replayRunJob } from '../../node/jobs/replayRun';
import { showEvent } from '../showEvent';
import { table } from '../table';
import type { Terminal } from '../terminal';
import { type EngineTimeout, engineTimeoutOption, watched } from '../watched';
import type { CliCommand } from './command';

interface Options extends EngineTimeout {
  readonly all?: boolean;
  readonly note?: readonly string[];
  readonly hide?: string;
  readonly show?: string;
  readonly compare?: readonly string[];
  readonly replay?: string;
  readonly out?: string;
}

export const runsCommand: CliCommand = {
  register: (program, terminal) => {
    program.command('runs').argument('<plan>', 'a .surgery.json file')
      .option('--all', 'also those that were taken out of the list')
      .option('--note <id and text...>', 'add a note to a run')
      .option('--hide <id>', 'take a run out of the list; it goes on counting')
      .option('--show <id>', 'one run as Markdown')
      .option('--compare <ids...>', 'settings and results of two runs side by side, as Markdown')
      .option('--replay <id>', 'make a run again from its record: the same models, or an error that names what has changed since')
      .option('--out <folder>', 'for the models and the log of --replay')
      .addOption(engineTimeoutOption())
      .description('every run, evaluation and verdict on the data of a plan, from its ledger')
      .action(async (path: string, options: Options) => {
        const { replay, out, engineTimeout } = options;
        if (out !== undefined && replay === undefined) throw new SurgeryError('usage', 'Only a run that is made again has a folder.', { expected: '--replay ID --out FOLDER', received: '--out alone' });
        if (replay !== undefined) {
          const screen = terminal();
          return watched(screen, { engineTimeout, after: 'the record stays as it is' }, () => replayed(resolve(path), { id: replay, out }, screen));
        }
        const { result } = terminal();
        const view = await annotated(resolve(path), options);
        const shown = options.all === true ? view.runs : view.runs.filter(({ hidden }) => !hidden);
        result({ ...view, runs: shown }, () => textOf(view, shown, options));
      });
  },
};

async function replayed(planPath: string, { id, out }: { readonly id: string; readonly out: string | undefined }, screen: Terminal): Promise<void> {
  const { engine, signal, log, result } = screen;
  const { end, ...told } = await replayRunJob({
    planPath, id, engine, signal, openEngine: (name) => openEngine(name, log),
    out: () => (out === undefined ? freshFolder({ path: planPath }) : Promise.resolve(resolve(out))),
    onEvent: (event) => showEvent(event, screen),
  });
  if (end.type !== 'result') throw new SurgeryError('stopped', 'The run that was made again was stopped.', { where: told.folder });
  result({ ...told, test: end.test }, () => `The same models as in the record: ${Object.entries(told.saved).map(([name, hash]) => `${name} ${hash.slice(0, 12)}`).join(', ')}`);
}

async function annotated(path: string, { note, hide }: Options): Promise<LedgerView> {
  if (note !== undefined && note.length < 2) throw new SurgeryError('usage', 'A note needs a text.', { expected: '--note ID TEXT', received: note.join(' ') });
  if (note !== undefined) await annotateRunJob(path, { about: note[0], note: note.slice(1).join(' ') });
  return hide === undefined ? readLedgerJob(path) : annotateRunJob(path, { about: hide, note: null });
}

function textOf(view: LedgerView, shown: readonly RunRow[], { show, compare }: Options): string {
  if (show !== undefined) return runMarkdown(find(view, show));
  if (compare !== undefined) {
    if (compare.length !== 2) throw new SurgeryError('usage', 'Two runs are compared.', { expected: '--compare ID ID', received: compare.join(' ') });
    return comparisonMarkdown(find(view, compare[0]), find(view, compare[1]));
  }
  const rows = shown.map(({ id, time, kind, result, notes }) => [id.slice(0, 8), time.slice(0, 16).replace('T', ' '), kind, result, notes.join('; ')]);
  const tests = view.tests.map(({ configurationsTried, looks }) => `${configurationsTried} configurations tried on a test set, looked at ${looks} times`);
  const fault = view.fault ? [`The ledger cannot be believed: record ${view.fault.seq} was ${view.fault.what}`] : [];
  return [table(['id', 'time', 'kind', 'result', 'notes'], rows), ...tests, ...fault].join('\n');
}

/** By its id or the beginning of it. */
function find({ runs }: LedgerView, id: string): RunRow {
  const found = runs.filter((run) => run.id.startsWith(id));
  if (found.length === 1) return found[0];
  throw new SurgeryError('usage', 'The ledger has no such run.', { expected: 'the id of one run', received: id });
}
