import * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import type { Signal } from '../events';
import { commandIds } from '../ids';
import { requireTrust } from '../trust';
import type { WorkerClient } from '../workerClient';
import { answers, parseAnswers } from './arguments';
import type { Commands } from './register';

export interface InstallOptions {
  readonly worker: Pick<WorkerClient, 'ask'>;
  /** The folder that it shall be, absolute. */
  readonly target: string;
  /** What the installation is doing. */
  readonly onMessage: Signal<string>['event'];
  /** Called when it is there. */
  readonly installed: () => void;
}

/** The user's folder, or that it shall be fetched. */
interface Choice {
  readonly from?: string | undefined;
}

const download = 'Download';
const folder = 'Use a Folder…';
const sizes = 'About 270 MB are fetched, from where tfjs-node has it or with Python\'s pip; 1.3 GB of disk are needed meanwhile and 0.9 GB afterwards. A C++ compiler may be needed. The other engines work without it.';

/** One installation at a time; what fails or is cancelled leaves everything as it was. */
export function installCommands(options: InstallOptions): Commands<typeof commandIds.installTensorFlowEngine> {
  let running = false;
  return {
    [commandIds.installTensorFlowEngine]: async (argument) => {
      const choice = argument === undefined ? await ask() : parseAnswers<Choice>(answers.installTensorFlowEngine, argument, '{ from? }, a folder that holds libtensorflow');
      if (!choice) return undefined;
      requireTrust(vscode.workspace.isTrusted, 'Installing a native library');
      if (running) throw new SurgeryError('usage', 'TensorFlow is being installed already');
      running = true;
      try {
        return await install(choice, options);
      } finally {
        running = false;
      }
    },
  };
}

async function ask(): Promise<Choice | undefined> {
  const answer = await vscode.window.showInformationMessage('Install the TensorFlow engine?', { modal: true, detail: sizes }, download, folder);
  if (answer === download) return {};
  if (answer !== folder) return undefined;
  const [chosen] = (await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: false, title: 'A folder that holds libtensorflow and its headers' })) ?? [];
  return chosen as vscode.Uri | undefined && { from: chosen.fsPath };
}

/** Gives the version and the folder; undefined where the user cancelled. */
async function install({ from }: Choice, { worker, target, onMessage, installed }: InstallOptions): Promise<{ readonly version: string; readonly folder: string } | undefined> {
  const notification = { location: vscode.ProgressLocation.Notification, title: 'Installing TensorFlow', cancellable: true };
  const reply = await vscode.window.withProgress(notification, async (progress, token) => {
    const stop = new AbortController();
    const listening = [token.onCancellationRequested(() => stop.abort()), onMessage((message) => progress.report({ message }))];
    try {
      return await worker.ask('installTensorflow', { target, ...(from === undefined ? {} : { from }) }, stop.signal);
    } catch (thrown) {
      if (stop.signal.aborted) return undefined;
      throw thrown;
    } finally {
      for (const each of listening) each.dispose();
    }
  });
  if (!reply) return undefined;
  installed();
  void vscode.window.showInformationMessage(`TensorFlow ${reply.version} is installed. Runs of networks that it is faster on use it from now on, unless the settings name another engine.`);
  return { version: reply.version, folder: target };
}
