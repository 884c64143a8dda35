import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type { OpenDocuments } from './documents';
import { isEditsPath } from './savedEdits';

/** ms; a file is often written in pieces */
const settling = 300;

/** Watches the files of open models and the edits saved beside them, so that what another program or window writes, replaces or removes is not shown as it was. */
export class ModelFiles implements vscode.Disposable {
  private readonly watched = new Map<string, vscode.Disposable>();
  private readonly due = new Map<string, NodeJS.Timeout>();
  private readonly switching: vscode.Disposable;

  constructor(private readonly documents: OpenDocuments) {
    this.switching = vscode.Disposable.from(documents.onDidSwitch((document) => { if (document) this.watch(dirname(document.source.path)); }));
  }

  dispose(): void {
    vscode.Disposable.from(this.switching, ...this.watched.values()).dispose();
    for (const timer of this.due.values()) clearTimeout(timer);
  }

  /** The whole folder: the name of a file may hold what a pattern reads otherwise. */
  private watch(folder: string): void {
    if (this.watched.has(folder)) return;
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.file(folder), '*'));
    const changed = ({ fsPath }: vscode.Uri): void => this.changed(fsPath);
    this.watched.set(folder, vscode.Disposable.from(watcher, watcher.onDidChange(changed), watcher.onDidCreate(changed), watcher.onDidDelete(changed)));
  }

  private changed(path: string): void {
    clearTimeout(this.due.get(path));
    this.due.set(path, setTimeout(() => {
      this.due.delete(path);
      void (isEditsPath(path) ? this.documents.editsSaved(path) : this.documents.fileChanged(path));
    }, settling));
  }
}
