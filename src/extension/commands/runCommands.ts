import { basename, dirname, join, resolve } from 'node:path';
import * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import { compareRuns, comparisonMarkdown, runMarkdown } from '../../core/ledger/compareRuns';
import type { RunRow } from '../../core/ledger/runRows';
import { commandIds } from '../ids';
import type { RunController } from '../runController';
import { readRun, runName, runsFolder } from '../runLog';
import type { RunsTree } from '../runsTree';
import { requireTrust } from '../trust';
import type { VerdictController } from '../verdictController';
import { readVerdict, requestBehind } from '../verdictFile';
import type { WorkerClient } from '../workerClient';
import type { WorkerCalls } from '../../protocol/workerCalls';
import { answers, parseAnswers } from './arguments';
import { plainText } from './errorText';
import type { Commands } from './register';
import { configuredFeatures } from './windowCommands';

type RunCommand =
  | typeof commandIds.openRun | typeof commandIds.filterRuns | typeof commandIds.compareRuns | typeof commandIds.copyRun | typeof commandIds.replayRun
  | typeof commandIds.addNote | typeof commandIds.removeRun | typeof commandIds.listRuns;

export interface RunCommandOptions {
  readonly tree: RunsTree;
  readonly worker: Pick<WorkerClient, 'ask'>;
  readonly trainer: Pick<WorkerClient, 'ask'>;
  readonly runs: RunController;
  readonly verdicts: VerdictController;
  readonly showTraining: () => void;
  readonly showVerdict: () => void;
}

/** What is done with runs of the ledger; a run is a row of the tree, its id, or picked from a list. */
export function runCommands(options: RunCommandOptions): Commands<RunCommand> {
  const { tree } = options;
  return {
    [commandIds.listRuns]: async () => {
      const rows = await tree.load();
      tree.refresh();
      return rows;
    },
    [commandIds.filterRuns]: async (argument) => {
      const text = argument === undefined ? await vscode.window.showInputBox({ title: 'Filter Runs', prompt: 'Words that must occur, such as a result, a rate or a note; empty shows all', value: tree.filter })
        : parseAnswers(answers.filterRuns, argument, '{ text }').text;
      if (text === undefined) return undefined;
      tree.setFilter(text.trim());
      return tree.load();
    },
    [commandIds.openRun]: async (argument) => {
      const run = await chosen(tree, argument, 'Run to open');
      return run && open(run, options);
    },
    [commandIds.copyRun]: async (argument) => {
      const run = await chosen(tree, argument, 'Run to copy');
      if (!run) return undefined;
      const text = runMarkdown(run);
      await vscode.env.clipboard.writeText(text);
      return text;
    },
    [commandIds.replayRun]: async (argument) => {
      requireTrust(vscode.workspace.isTrusted, 'Making a run again');
      const run = await chosen(tree, argument, 'Run to make again');
      return run && replay(run, options);
    },
    [commandIds.compareRuns]: (argument, selected) => compare(tree, argument, selected),
    [commandIds.addNote]: (argument) => addNote(options, argument),
    [commandIds.removeRun]: async (argument) => {
      requireTrust(vscode.workspace.isTrusted, 'Removing a run');
      const run = await chosen(tree, argument, 'Run to take out of the list; it goes on counting');
      return run && annotate(options, run.id, null);
    },
  };
}

async function annotate({ tree, worker }: RunCommandOptions, about: string, note: string | null): Promise<readonly RunRow[]> {
  await worker.ask('annotateRun', { planPath: planOf(tree), about, note });
  const rows = await tree.load();
  tree.refresh();
  return rows;
}

async function addNote(options: RunCommandOptions, argument: unknown): Promise<readonly RunRow[] | undefined> {
  requireTrust(vscode.workspace.isTrusted, 'A note');
  const isAnswer = typeof argument === 'object' && argument !== null && 'note' in argument;
  if (isAnswer) {
    const { run, note } = parseAnswers(answers.addNote, argument, '{ run, note }');
    return annotate(options, run, note);
  }
  const run = await chosen(options.tree, argument, 'Run to add a note to');
  const note = run && await vscode.window.showInputBox({ title: 'Add Note', prompt: `On the run of ${new Date(run.time).toLocaleString()}` });
  return run && note ? annotate(options, run.id, note) : undefined;
}

/** Shows the log of a run in panel Training, a verdict in panel Verdict, anything else as text. */
async function open(run: RunRow, { tree, runs, verdicts, showTraining, showVerdict }: RunCommandOptions): Promise<{ readonly shown: 'training' | 'verdict' | 'text' }> {
  const planPath = planOf(tree);
  if (run.report !== null) {
    const verdict = await readVerdict(resolve(dirname(planPath), run.report));
    // Plans of one folder share a ledger: the verdict need not be of the plan that is open.
    const judged = join(dirname(planPath), basename(run.title));
    verdicts.show(judged, requestBehind(verdict, judged), verdict);
    showVerdict();
    return { shown: 'verdict' };
  }
  const folder = run.folder === null ? null : resolve(dirname(planPath), run.folder);
  const logged = folder === null ? null : await readRun(folder, folder);
  if (logged) {
    runs.display(logged);
    showTraining();
    return { shown: 'training' };
  }
  await showText(runMarkdown(run));
  return { shown: 'text' };
}

/** Into a folder of its own; panel Training shows it meanwhile. */
async function replay({ id }: RunRow, { tree, runs, trainer, showTraining }: RunCommandOptions): Promise<WorkerCalls['replayRun']['reply']> {
  const planPath = planOf(tree);
  const out = join(runsFolder(planPath), runName(new Date()));
  const replaying = runs.replay(out, (signal) => trainer.ask('replayRun', { planPath, id, out, features: configuredFeatures() }, signal));
  showTraining();
  const replayed = await replaying;
  const told = replayed.end.type === 'result' ? 'The run gave the same models again, byte for byte' : 'The run that was made again was stopped';
  void vscode.window.showInformationMessage(plainText(told));
  return replayed;
}

async function compare(tree: RunsTree, argument: unknown, selected: unknown): Promise<unknown> {
  const ids = typeof argument === 'object' && argument !== null && 'runs' in argument
    ? parseAnswers(answers.compareRuns, argument, '{ runs: two ids }').runs
    : (await twoOf(tree, argument, selected))?.map(({ id }) => id);
  if (!ids) return undefined;
  const [one, other] = [await find(tree, ids[0]), await find(tree, ids[1])];
  const text = comparisonMarkdown(one, other);
  await showText(text);
  return { rows: compareRuns(one, other), markdown: text };
}

/** The two rows that are selected, else the one and another that is picked. */
async function twoOf(tree: RunsTree, argument: unknown, selected: unknown): Promise<readonly [RunRow, RunRow] | undefined> {
  const rows = Array.isArray(selected) ? selected.flatMap((row: unknown) => rowIn(row) ?? []) : [];
  if (rows.length === 2) return [rows[0], rows[1]];
  const one = await chosen(tree, argument, 'First run');
  const other = one && await pick(tree, 'Run to compare it with', one.id);
  return one && other && [one, other];
}

async function showText(content: string): Promise<void> {
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: 'markdown', content }), { preview: true });
}

function planOf({ plan }: RunsTree): string {
  if (plan !== null) return plan;
  throw new SurgeryError('usage', 'No plan is open', { expected: 'a model with a plan, opened by Model Surgery: Open Model' });
}

function rowIn(argument: unknown): RunRow | undefined {
  return typeof argument === 'object' && argument !== null && 'kind' in argument && argument.kind === 'run' && 'run' in argument ? (argument.run as RunRow) : undefined;
}

/** Undefined: the user left the list. */
async function chosen(tree: RunsTree, argument: unknown, title: string): Promise<RunRow | undefined> {
  const row = rowIn(argument);
  if (row) return row;
  if (argument === undefined) return pick(tree, title, null);
  const given = parseAnswers(answers.run, argument, 'the id of a run');
  return find(tree, typeof given === 'string' ? given : given.id);
}

async function find(tree: RunsTree, id: string): Promise<RunRow> {
  const found = (await tree.load()).find((run) => run.id === id);
  if (found) return found;
  throw new SurgeryError('usage', 'The ledger has no such run', { expected: 'the id of a run that is listed', received: id });
}

async function pick(tree: RunsTree, title: string, without: string | null): Promise<RunRow | undefined> {
  const items = (await tree.load()).filter(({ id }) => id !== without).map((run) => ({ label: new Date(run.time).toLocaleString(), description: run.kind, detail: run.result.replaceAll('$(', '$ ('), run }));
  return (await vscode.window.showQuickPick(items, { title, matchOnDetail: true }))?.run;
}
