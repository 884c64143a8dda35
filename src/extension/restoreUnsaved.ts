import { basename } from 'node:path';
import * as vscode from 'vscode';
import { plainText, toTell } from './commands/errorText';
import type { SurgeryDocument } from './document';
import type { Unsaved, UnsavedEdits } from './unsavedEdits';

export interface RestoreOptions {
  readonly document: SurgeryDocument;
  readonly unsaved: UnsavedEdits;
  /** What windows left of its file, in the order in which it is done again. */
  readonly left: readonly Unsaved[];
  /** The one of them that VS Code asks for, and shows as unsaved by itself; null where VS Code has forgotten. */
  readonly backup: string | null;
  /** Gives up what is not saved, VS Code's own state included. */
  readonly revert: () => Promise<void>;
}

const [discard, show, copy] = ['Discard', 'Show Operations', 'Copy Them Here'];

/** Does again what was not saved when a window ended, and tells what VS Code does not know of. Never rejects: the file opens anyway. */
export async function restoreUnsaved({ document, unsaved, left, backup, revert }: RestoreOptions): Promise<void> {
  const { path } = document.source;
  const name = basename(path);
  for (const each of left) {
    if (each.inUse && each.file !== backup) {
      ask(vscode.window.showInformationMessage(plainText(`${name} has unsaved operations in another window. Each window has its own.`), copy), { [copy]: () => document.restore(editsIn(each, path)) });
      continue;
    }
    try {
      const restored = await document.restore(editsIn(each, path));
      await unsaved.keep(document);
      void unsaved.discard(each);
      if (restored && each.file !== backup) ask(vscode.window.showInformationMessage(plainText(`Unsaved operations of ${name} were restored.`), discard), { [discard]: revert });
    } catch (thrown) {
      const message = plainText(`Unsaved operations of ${name} were not restored. ${toTell(thrown).message}`);
      ask(vscode.window.showWarningMessage(message, show, discard), { [show]: () => showOperations(each), [discard]: () => unsaved.discard(each) });
    }
  }
}

function editsIn({ trained, operations, sha256 }: Unsaved, path: string): Parameters<SurgeryDocument['restore']>[0] {
  return { base: trained ?? path, operations, sha256 };
}

async function showOperations({ operations }: Unsaved): Promise<void> {
  const text = await vscode.workspace.openTextDocument({ language: 'json', content: JSON.stringify(operations, null, 2) });
  await vscode.window.showTextDocument(text);
}

/** A message is answered when its user likes; what the answer does may be refused. */
function ask(answer: Thenable<string | undefined>, actions: Readonly<Record<string, () => Promise<unknown>>>): void {
  const act = async (): Promise<void> => {
    const label = await answer;
    if (label !== undefined) await actions[label]();
  };
  act().catch((thrown: unknown) => vscode.window.showErrorMessage(toTell(thrown).message));
}
