import * as vscode from 'vscode';
import { commandIds } from '../ids';
import { toTell } from './errorText';

export const resumeLabel = 'Resume';

/** Goes on with a run when its user answers a message by Resume. */
export function offerResume(answer: Thenable<string | undefined>, run: string | undefined): void {
  void answer.then((label) => { if (label === resumeLabel) resumeByClick(run); });
}

/** A click waits for no answer, so what is refused is told here. */
export function resumeByClick(run: string | undefined): void {
  void vscode.commands.executeCommand(commandIds.resumeTraining, { run })
    .then(undefined, (thrown: unknown) => vscode.window.showErrorMessage(toTell(thrown).message));
}
