import * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import { figuresOf, type RunEvent } from '../../core/run/events';
import type { OpenDocuments } from '../documents';
import { commandIds } from '../ids';
import type { RunController } from '../runController';
import { resultText } from '../runLog';
import { latestResumable } from '../resume';
import { throttle } from '../throttle';
import { resumePhases, trainPhases } from '../training';
import { requireTrust } from '../trust';
import type { WorkerClient } from '../workerClient';
import { answers, parseAnswers } from './arguments';
import { plainText } from './errorText';
import { offerResume, resumeLabel } from './offerResume';
import type { Commands } from './register';

type TrainingCommand =
  | typeof commandIds.trainPhase1 | typeof commandIds.trainPhase2 | typeof commandIds.trainAllPhases
  | typeof commandIds.stopTraining | typeof commandIds.resumeTraining | typeof commandIds.evaluate | typeof commandIds.showTraining;

export interface TrainingCommandOptions {
  readonly documents: OpenDocuments;
  readonly runs: RunController;
  readonly trainer: Pick<WorkerClient, 'ask'>;
  readonly engine: () => string;
  readonly showPanel: () => void;
  /** The guided flow; false when its user left it. */
  readonly createPlan: () => Promise<boolean>;
}

export function trainingCommands(options: TrainingCommandOptions): Commands<TrainingCommand> {
  const { documents, runs, showPanel } = options;
  const train = (which: readonly number[] | 'all') => (): Promise<RunEvent | undefined> => train1(which, options);
  return {
    [commandIds.trainPhase1]: train([1]),
    [commandIds.trainPhase2]: train([2]),
    // A lens above the third phase names that one.
    [commandIds.trainAllPhases]: (argument) =>
      train1(argument === undefined ? 'all' : parseAnswers(answers.trainAllPhases, argument, '{ phases: numbers from 1 }').phases, options),
    [commandIds.showTraining]: () => showPanel(),
    [commandIds.stopTraining]: () => stopAndWait(runs),
    [commandIds.resumeTraining]: (argument) => resume(argument, options),
    [commandIds.evaluate]: async (argument) => {
      const given = argument === undefined ? undefined : parseAnswers(answers.evaluate, argument, '{ split: train, validation or test }').split;
      const document = documents.require();
      if (!document.plan && !(await options.createPlan())) return undefined;
      await document.settled();
      const { planPath, plan } = document.source;
      if (planPath === null || !plan) throw new SurgeryError('usage', 'Evaluation needs a plan that names the data');
      const split = given ?? (plan.data.test ? 'test' : plan.data.validation ? 'validation' : 'train');
      // Such a look must go into the ledger, and Restricted Mode writes nothing.
      if (split === 'test') requireTrust(vscode.workspace.isTrusted, 'A look at the test set');
      const evaluation = await options.trainer.ask('evaluate', { planPath, model: document.edited, split, engine: options.engine() });
      const figures = Object.entries(figuresOf({ loss: evaluation.loss, ...evaluation.metrics })).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
      void vscode.window.showInformationMessage(plainText(`Evaluated on ${split}, ${evaluation.samples} samples: ${figures.join(', ')}`));
      return evaluation;
    },
  };
}

async function train1(which: readonly number[] | 'all', { documents, runs, engine, showPanel, createPlan }: TrainingCommandOptions): Promise<RunEvent | undefined> {
  requireTrust(vscode.workspace.isTrusted, 'Training');
  const document = documents.require();
  if (!document.plan && !(await createPlan())) return undefined;
  showPanel();
  const say = (message: string): void => void vscode.window.showInformationMessage(plainText(message));
  return tellEnd(await withStop(runs, () => trainPhases(document, which, { runs, engine: engine(), now: new Date(), say })), runs);
}

/** The run that is named, else the latest, which was stopped or died. */
async function resume(argument: unknown, { documents, runs, showPanel }: TrainingCommandOptions): Promise<RunEvent> {
  requireTrust(vscode.workspace.isTrusted, 'Training');
  const given = argument === undefined ? undefined : parseAnswers(answers.resumeTraining, argument, '{ run: the folder of a run }').run;
  const document = documents.require();
  const { planPath } = document.source;
  const folder = given ?? (planPath === null ? null : await latestResumable(planPath));
  if (folder === null) throw new SurgeryError('usage', 'No run can go on', { expected: 'a run of this plan that was stopped or ended by a crash' });
  showPanel();
  return tellEnd(await withStop(runs, () => resumePhases(document, folder, runs)), runs);
}

/** In passing: the command has its answer already. */
function tellEnd(last: RunEvent, runs: RunController): RunEvent {
  if (last.type === 'result') void vscode.window.showInformationMessage(plainText(`Training has ended: ${resultText(last.test)}`));
  if (last.type === 'stopped') offerResume(vscode.window.showInformationMessage('Training was stopped; the last and the best weights are saved', resumeLabel), runs.folders.at(-1));
  return last;
}

/** ms; small networks have hundreds of epochs a second */
const notificationInterval = 300;

/** A notification that tells how far the run is and can stop it. */
function withStop<T>(runs: RunController, run: () => Promise<T>): Promise<T> {
  const notification = { location: vscode.ProgressLocation.Notification, title: 'Training', cancellable: true };
  return Promise.resolve(vscode.window.withProgress(notification, async (progress, token) => {
    const report = throttle((message: string) => progress.report({ message }), notificationInterval);
    const listening = [
      report,
      token.onCancellationRequested(() => runs.stop()),
      runs.onEvent((event) => {
        if (event.type === 'epoch') report.call(`phase ${event.phase}, epoch ${event.epoch}, loss ${event.loss.toPrecision(4)}`);
      }),
    ];
    try {
      return await run();
    } finally {
      for (const each of listening) each.dispose();
    }
  }));
}

/** Resolves when the run has ended; it acts within one batch and keeps the best and the last weights. */
async function stopAndWait(runs: RunController): Promise<{ readonly stopped: boolean }> {
  if (!runs.running) return { stopped: false };
  await new Promise<void>((done) => {
    const listening = runs.onDidChangeRunning((running) => {
      if (running) return;
      listening.dispose();
      done();
    });
    runs.stop();
  });
  return { stopped: true };
}
