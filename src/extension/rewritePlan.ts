import * as vscode from 'vscode';
import { SurgeryError } from '../core/errors';

/** Through the editor's text, so that an open plan with unsaved lines is edited and not overwritten. Rejects with `write-failed`. */
export async function rewritePlan(planPath: string, change: (text: string) => string | Promise<string>): Promise<void> {
  const file = await vscode.workspace.openTextDocument(vscode.Uri.file(planPath));
  const before = file.getText();
  const text = await change(before);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(file.uri, file.validateRange(new vscode.Range(0, 0, file.lineCount, 0)), text);
  const done = (text === before || (await vscode.workspace.applyEdit(edit))) && (await file.save());
  if (!done) throw new SurgeryError('write-failed', 'The plan cannot be written', { where: planPath });
}
