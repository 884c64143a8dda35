import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import * as vscode from 'vscode';
import { SurgeryError } from '../core/errors';
import { compileState } from './compileState';
import type { SurgeryDocument } from './document';
import type { OpenDocuments } from './documents';
import { editorIds, viewIds } from './ids';
import { showModelPage } from './panels/modelPage';
import { editsText, readEdits, writeEdits } from './savedEdits';
import { editsOf, saveEdits, type PlanRewriter } from './saveEdits';

/** What VS Code holds of an opened model file: the document that trees and commands edit too. */
interface ModelFile extends vscode.CustomDocument {
  readonly document: SurgeryDocument;
  /** VS Code has learned of the steps that were done before it opened the file. */
  told: boolean;
}

export interface ModelEditorOptions {
  readonly extensionUri: vscode.Uri;
  readonly documents: OpenDocuments;
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
    const backup = backupId === undefined ? null : await readEdits(vscode.Uri.parse(backupId).fsPath, uri.fsPath);
    const document = await this.options.documents.share(uri.fsPath, backup);
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
    await saveEdits(document, this.options.rewritePlan);
  }

  /** A model of its own, in the form that the name's ending says. */
  async saveCustomDocumentAs({ document }: ModelFile, destination: vscode.Uri): Promise<void> {
    const to = ({ '.keras': 'keras', '.h5': 'h5', '.hdf5': 'h5' } as const)[extname(destination.fsPath).toLowerCase()];
    if (!to) throw new SurgeryError('usage', 'The ending of the name says what is written', { expected: '.keras or .h5', received: destination.fsPath });
    await this.options.exportTo(document, to, destination.fsPath);
    await this.options.documents.written(destination.fsPath);
  }

  revertCustomDocument({ document }: ModelFile): Promise<void> {
    return document.revert();
  }

  async backupCustomDocument({ document, uri }: ModelFile, { destination }: vscode.CustomDocumentBackupContext): Promise<vscode.CustomDocumentBackup> {
    await document.settled();
    // VS Code names the place and does not make its folder.
    await vscode.workspace.fs.createDirectory(vscode.Uri.joinPath(destination, '..'));
    await writeEdits(destination.fsPath, editsText(uri.fsPath, editsOf(document)));
    return { id: destination.toString(), delete: () => void vscode.workspace.fs.delete(destination).then(undefined, () => undefined) };
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

  dispose(): void {
    this.edited.dispose();
  }
}

function editorOf(path: string): string {
  return path.toLowerCase().endsWith('.keras') ? editorIds.model : editorIds.hdf5;
}
