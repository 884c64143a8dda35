import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import * as vscode from 'vscode';
import { SurgeryError } from '../core/errors';
import { compileState } from './compileState';
import type { SurgeryDocument } from './document';
import type { OpenDocuments } from './documents';
import { editorIds, viewIds } from './ids';
import { showModelPage } from './panels/modelPage';
import { restoreUnsaved } from './restoreUnsaved';
import { saveEdits, type PlanRewriter } from './saveEdits';
import type { UnsavedEdits } from './unsavedEdits';

/** What VS Code holds of an opened model file: the document that trees and commands edit too. */
interface ModelFile extends vscode.CustomDocument {
  readonly document: SurgeryDocument;
  /** VS Code has learned of the steps that were done before it opened the file. */
  told: boolean;
}

export interface ModelEditorOptions {
  readonly extensionUri: vscode.Uri;
  readonly documents: OpenDocuments;
  readonly unsaved: UnsavedEdits;
  readonly openWeights: (document: SurgeryDocument, layer: string) => void;
  readonly rewritePlan: PlanRewriter;
  /** Writes the edited model as a file of its own. */
  readonly exportTo: (document: SurgeryDocument, to: 'keras' | 'h5', out: string) => Promise<unknown>;
}

type EditEvent = vscode.CustomDocumentEditEvent<ModelFile>;

/**
 * The custom editor of model files. Its panel is in step with the trees because all draw one document, and every step of
 * that document, wherever it was made, is one of VS Code's undo stack.
 */
export class ModelEditor implements vscode.CustomEditorProvider<ModelFile> {
  private readonly files = new Map<SurgeryDocument, ModelFile>();
  private readonly edited = new vscode.EventEmitter<EditEvent>();
  readonly onDidChangeCustomDocument = this.edited.event;

  constructor(private readonly options: ModelEditorOptions) {}

  async openCustomDocument(uri: vscode.Uri, { backupId }: vscode.CustomDocumentOpenContext): Promise<ModelFile> {
    const { documents, unsaved } = this.options;
    const backup = backupId === undefined ? null : vscode.Uri.parse(backupId).fsPath;
    // A window that was killed is drawn again as it stood some seconds before: then VS Code asks for no backup although there is one.
    const left = [...(await unsaved.left(uri.fsPath))].sort((one, other) => Number(one.file === backup) - Number(other.file === backup));
    const last = left.filter(({ file, inUse }) => !inUse || file === backup).at(-1);
    const document = await documents.share(uri.fsPath, last?.plan ?? null);
    const listening = document.onDidStep(({ label, undo, redo }) => {
      if (file.told) this.edited.fire({ document: file, label, undo, redo });
    });
    const file: ModelFile = {
      uri, document, told: false,
      dispose: () => {
        listening.dispose();
        this.files.delete(document);
      },
    };
    this.files.set(document, file);
    await restoreUnsaved({ document, unsaved, left, backup, revert: () => this.revert(file) });
    return file;
  }

  resolveCustomEditor(file: ModelFile, panel: vscode.WebviewPanel): void {
    const { document } = file;
    const { extensionUri, documents, openWeights } = this.options;
    const follow = panel.onDidChangeViewState(() => {
      if (panel.active) documents.makeCurrent(document);
    });
    panel.onDidDispose(() => void follow.dispose());
    showModelPage(panel, { extensionUri, document, compileState: () => compileState(document), openWeights: (layer) => openWeights(document, layer) });
    if (file.told) return;
    file.told = true;
    for (const { label, undo, redo } of document.stepsSinceSaved()) this.edited.fire({ document: file, label, undo, redo });
  }

  async saveCustomDocument({ document }: ModelFile): Promise<void> {
    const { documents: { saves }, rewritePlan } = this.options;
    if (await saves.anothers(document)) await askToOverwrite(document);
    await saveEdits(document, rewritePlan);
    await saves.note(document);
  }

  /** A model of its own, in the form that the name's ending says. */
  async saveCustomDocumentAs({ document }: ModelFile, destination: vscode.Uri): Promise<void> {
    const to = ({ '.keras': 'keras', '.h5': 'h5', '.hdf5': 'h5' } as const)[extname(destination.fsPath).toLowerCase()];
    if (!to) throw new SurgeryError('usage', 'The ending of the name says what is written', { expected: '.keras or .h5', received: destination.fsPath });
    await this.options.exportTo(document, to, destination.fsPath);
    await this.options.documents.written(destination.fsPath);
  }

  /** To what is saved now, which may be another window's. */
  async revertCustomDocument({ document }: ModelFile): Promise<void> {
    await document.revert();
    await this.options.documents.follow(document);
  }

  /** The file that is kept anyway; it goes when nothing is unsaved any more, and not when VS Code has another backup. */
  async backupCustomDocument({ document }: ModelFile): Promise<vscode.CustomDocumentBackup> {
    await document.settled();
    await this.options.unsaved.keep(document);
    return { id: vscode.Uri.file(this.options.unsaved.fileOf(document)).toString(), delete: () => undefined };
  }

  /** Shows the document beside what has the focus. A folder has no editor: its layers stand in the view. */
  async show({ source }: SurgeryDocument): Promise<void> {
    if ((await stat(source.path).catch(() => undefined))?.isDirectory()) {
      await vscode.commands.executeCommand(`${viewIds.layers}.focus`);
      return;
    }
    await vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(source.path), editorOf(source.path), { preserveFocus: true });
  }

  /** Through VS Code's own stack where it has the document open, so that both agree on what is saved. */
  async step(document: SurgeryDocument, way: 'undo' | 'redo'): Promise<void> {
    const file = this.files.get(document);
    if (!file?.told) return way === 'undo' ? document.undo() : document.redo();
    await vscode.commands.executeCommand('vscode.openWith', file.uri, editorOf(file.uri.fsPath));
    await vscode.commands.executeCommand(way);
    return document.settled();
  }

  private async revert({ uri }: ModelFile): Promise<void> {
    await vscode.commands.executeCommand('vscode.openWith', uri, editorOf(uri.fsPath));
    await vscode.commands.executeCommand('workbench.action.files.revert');
  }

  dispose(): void {
    this.edited.dispose();
  }
}

/** Rejects as cancelled unless the user says so: the edits stay unsaved, and File: Revert shows what the other window saved. */
async function askToOverwrite({ source }: SurgeryDocument): Promise<void> {
  const overwrite = 'Overwrite';
  const message = `Another window or program has saved other edits of ${basename(source.path)} since they were read here. Overwrite them?`;
  if ((await vscode.window.showWarningMessage(message, { modal: true }, overwrite)) !== overwrite) throw new vscode.CancellationError();
}

function editorOf(path: string): string {
  return path.toLowerCase().endsWith('.keras') ? editorIds.model : editorIds.hdf5;
}
