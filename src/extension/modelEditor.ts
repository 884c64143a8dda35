import type * as vscode from 'vscode';
import { compileState } from './compileState';
import type { SurgeryDocument } from './document';
import type { OpenDocuments } from './documents';
import { showModelPage } from './panels/modelPage';

/** What VS Code holds of an opened model file: the document that trees and commands edit too. */
interface ModelFile extends vscode.CustomDocument {
  readonly document: SurgeryDocument;
}

export interface ModelEditorOptions {
  readonly extensionUri: vscode.Uri;
  readonly documents: OpenDocuments;
  readonly openWeights: (document: SurgeryDocument, layer: string) => void;
}

/** The custom editor of model files. Its panel is in step with the trees because all draw one document. */
export class ModelEditor implements vscode.CustomReadonlyEditorProvider<ModelFile> {
  constructor(private readonly options: ModelEditorOptions) {}

  async openCustomDocument(uri: vscode.Uri): Promise<ModelFile> {
    const document = await this.options.documents.share(uri.fsPath);
    return { uri, document, dispose: () => undefined };
  }

  resolveCustomEditor({ document }: ModelFile, panel: vscode.WebviewPanel): void {
    const { extensionUri, documents, openWeights } = this.options;
    const follow = panel.onDidChangeViewState(() => {
      if (panel.active) documents.makeCurrent(document);
    });
    panel.onDidDispose(() => void follow.dispose());
    showModelPage(panel, { extensionUri, document, compileState: () => compileState(document), openWeights: (layer) => openWeights(document, layer) });
  }
}
