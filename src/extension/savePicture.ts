import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { plainText } from './commands/errorText';
import { requireTrust } from './trust';

/** Asks where a picture of a page is to be, and writes it there. Throws `not-trusted`. */
export async function savePicture(png: Uint8Array, near: string): Promise<void> {
  requireTrust(vscode.workspace.isTrusted, 'Export');
  // A file name of ours: a layer's name may hold anything.
  const proposed = vscode.Uri.joinPath(vscode.Uri.file(dirname(near)), 'weight.png');
  const out = await vscode.window.showSaveDialog({ title: 'Save Picture', defaultUri: proposed, filters: { PNG: ['png'] } });
  if (!out) return;
  await vscode.workspace.fs.writeFile(out, png);
  void vscode.window.showInformationMessage(plainText(`Saved ${out.fsPath}`));
}
