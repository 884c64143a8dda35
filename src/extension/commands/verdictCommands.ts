import { dirname, isAbsolute, join, resolve } from 'node:path';
import * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import type { Plan } from '../../core/plan/plan';
import { namesPlan } from '../../core/verdict/armNames';
import type { Verdict } from '../../core/verdict/verdict';
import type { VerdictRequest } from '../../protocol/workerCalls';
import type { SurgeryDocument } from '../document';
import type { OpenDocuments } from '../documents';
import { commandIds } from '../ids';
import type { RunController } from '../runController';
import { requireTrust } from '../trust';
import type { VerdictController } from '../verdictController';
import type { WorkerClient } from '../workerClient';
import { answers, parseAnswers } from './arguments';
import { plainText } from './errorText';
import { askNumber } from './prompts';
import type { Commands } from './register';

type VerdictCommand =
  | typeof commandIds.verdict | typeof commandIds.stopVerdict | typeof commandIds.resumeVerdict | typeof commandIds.showVerdict
  | typeof commandIds.copyVerdict | typeof commandIds.saveVerdictReport;

export interface VerdictCommandOptions {
  readonly documents: OpenDocuments;
  readonly verdicts: VerdictController;
  readonly runs: RunController;
  readonly worker: Pick<WorkerClient, 'ask'>;
  readonly engine: () => string;
  readonly showPanel: () => void;
}

/** Seconds that pairs may take where their number is not given. */
const defaultTime = 300;
const defaultPairs = 30;

export function verdictCommands(options: VerdictCommandOptions): Commands<VerdictCommand> {
  const { verdicts, showPanel, worker } = options;
  return {
    [commandIds.verdict]: async (argument) => {
      requireTrust(vscode.workspace.isTrusted, 'A verdict');
      const request = await requestOf(options, argument);
      return request && judge(request, options);
    },
    [commandIds.resumeVerdict]: () => {
      requireTrust(vscode.workspace.isTrusted, 'A verdict');
      const { request, canGoOn, whyNot } = verdicts;
      if (whyNot !== null && verdicts.verdict?.stopped !== false) throw new SurgeryError('usage', `This verdict cannot go on. ${whyNot}`, { expected: 'Model Surgery: Verdict on its plan' });
      if (!request || !canGoOn) throw new SurgeryError('usage', 'There is no verdict that can go on');
      return judge(request, options);
    },
    [commandIds.stopVerdict]: () => stopAndWait(verdicts),
    [commandIds.showVerdict]: () => showPanel(),
    [commandIds.copyVerdict]: async () => {
      const { sentence } = verdictOf(verdicts);
      await vscode.env.clipboard.writeText(sentence);
      return sentence;
    },
    [commandIds.saveVerdictReport]: async (argument) => {
      requireTrust(vscode.workspace.isTrusted, 'A report');
      const verdict = verdictOf(verdicts);
      const planPath = verdicts.planPath ?? '';
      const out = argument === undefined ? await askReport(planPath) : parseAnswers(answers.saveVerdictReport, argument, '{ out: an absolute path that ends in .md or .html }').out;
      if (out === undefined) return undefined;
      if (!isAbsolute(out)) throw new SurgeryError('usage', 'A file to write is named by an absolute path', { expected: 'an absolute path', received: out });
      const paths = await worker.ask('verdictReport', { verdict, planPath, out });
      void vscode.window.showInformationMessage(plainText(`Report written: ${paths[0]}`));
      return { paths };
    },
  };
}

async function judge(request: VerdictRequest, { verdicts, runs, showPanel }: VerdictCommandOptions): Promise<Verdict> {
  if (runs.running) throw new SurgeryError('usage', 'A run is on its way; stop it first');
  showPanel();
  const verdict = await withStop(verdicts, () => verdicts.run(request));
  void vscode.window.showInformationMessage(plainText(verdict.sentence));
  return verdict;
}

async function requestOf(options: VerdictCommandOptions, argument: unknown): Promise<VerdictRequest | undefined> {
  const document = options.documents.require();
  await document.settled();
  const { planPath, plan } = document.source;
  if (planPath === null || !plan) throw new SurgeryError('usage', 'A verdict needs a plan that names the data', { expected: 'a *.surgery.json beside the model' });
  const given = argument === undefined ? await askPairs() : parseAnswers(answers.verdict, argument, '{ pairs, arms, classes, tuneTransfer, time }, each of them may be missing');
  if (!given) return undefined;
  return {
    planPath, plan: planToJudge(document, plan), engine: options.engine(),
    pairs: given.pairs ?? null, tuneTransfer: given.tuneTransfer ?? false, timeBudget: given.time ?? defaultTime,
    arms: (given.arms ?? ['transfer', 'scratch']).map((arm) => (namesPlan(arm) ? resolve(dirname(planPath), arm) : arm)),
    classes: (given.classes ?? []).map(classesOf),
  };
}

/** The plan with what the editor has done to its model since; a model that was trained is judged from where its training began. */
function planToJudge({ operations, edited, source }: SurgeryDocument, plan: Plan): Plan {
  const isEdited = operations.length > 0 && edited.path === source.path;
  return isEdited ? { ...plan, operations } : plan;
}

/** `5:6` or `{ "5": 0, "6": 1 }`. */
function classesOf(classes: string | Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  if (typeof classes !== 'string') return classes;
  const labels = classes.split(':').map((label) => label.trim());
  if (labels.length >= 2 && new Set(labels).size === labels.length && labels.every((label) => /^-?\d+$/.test(label))) {
    return Object.fromEntries(labels.map((label, index) => [label, index]));
  }
  throw new SurgeryError('usage', 'Classes are different labels joined by colons', { expected: 'such as 5:6', received: classes });
}

async function askPairs(): Promise<{ readonly pairs: number } & Partial<Record<'arms' | 'classes' | 'tuneTransfer' | 'time', undefined>> | undefined> {
  const pairs = await askNumber({ title: 'Verdict', prompt: 'Pairs of runs, transfer against scratch; at least 6 to say anything', value: defaultPairs, least: 1, whole: true });
  return pairs === undefined ? undefined : { pairs };
}

async function askReport(planPath: string): Promise<string | undefined> {
  const defaultUri = vscode.Uri.file(join(dirname(planPath), 'verdict.html'));
  const out = await vscode.window.showSaveDialog({ title: 'Save Verdict Report', defaultUri, filters: { 'Web page': ['html'], Markdown: ['md'] } });
  return out?.fsPath;
}

function verdictOf({ verdict }: VerdictController): Verdict {
  if (verdict) return verdict;
  throw new SurgeryError('usage', 'There is no verdict yet', { expected: 'one made by Model Surgery: Verdict, or opened in Runs' });
}

/** A notification that tells how far the verdict is and can stop it. */
function withStop(verdicts: VerdictController, work: () => Promise<Verdict>): Promise<Verdict> {
  const notification = { location: vscode.ProgressLocation.Notification, title: 'Verdict', cancellable: true };
  return Promise.resolve(vscode.window.withProgress(notification, async (progress, token) => {
    const listening = [
      token.onCancellationRequested(() => verdicts.stop()),
      verdicts.onDidChange(() => {
        const latest = verdicts.since(0, 0).events.at(-1);
        if (latest?.type === 'tuning') progress.report({ message: `tuning ${latest.arm}, run ${latest.run} of ${latest.runs}` });
        if (latest?.type === 'arm') progress.report({ message: `pair ${latest.pair} of ${latest.pairs}` });
      }),
    ];
    try {
      return await work();
    } finally {
      for (const each of listening) each.dispose();
    }
  }));
}

/** Resolves when it has ended; the pairs that are finished are kept. */
async function stopAndWait(verdicts: VerdictController): Promise<{ readonly stopped: boolean }> {
  if (!verdicts.running) return { stopped: false };
  await new Promise<void>((done) => {
    const listening = verdicts.onDidChange(() => {
      if (verdicts.running) return;
      listening.dispose();
      done();
    });
    verdicts.stop();
  });
  return { stopped: true };
}
