import type * as vscode from 'vscode';
import { Channel } from '../../protocol/channel';
import type { ModelPageCalls, ModelPageEvents } from '../../protocol/pageCalls';
import type { SurgeryDocument } from '../document';
import { webviewPort, writePage } from './page';

const body = `<main>
<h1 id="title"></h1>
<p id="summary"></p>
<p id="compile" aria-live="polite"></p>
<p id="failure" role="alert"></p>
<ul id="problems" aria-label="Problems"></ul>
<ul id="layers" aria-label="Layers"></ul>
</main>`;

export interface ModelPageOptions {
  readonly extensionUri: vscode.Uri;
  readonly document: SurgeryDocument;
  /** `compiled` or `changed since compile: …` */
  readonly compileState: () => string;
  readonly openWeights: (layer: string) => void;
}

/** Fills a custom editor's panel with the layers of a document, and keeps it in step until the panel closes. */
export function showModelPage(panel: vscode.WebviewPanel, options: ModelPageOptions): void {
  const { document } = options;
  const channel = new Channel<object, ModelPageEvents, ModelPageCalls, object>(webviewPort(panel), {
    handlers: {
      state: () => ({ file: basename(document.source.path), inspection: document.inspection, compileState: options.compileState() }),
      setTrainable: async ({ layer, trainable }) => {
        await document.setTrainable([layer], trainable);
        return null;
      },
      weights: ({ layer }) => document.weights(layer),
      openWeights: ({ layer }) => {
        options.openWeights(layer);
        return null;
      },
    },
    listeners: {},
  });
  const tell = (): void => channel.tell('changed', null);
  const listeners = [document.onDidChange(tell), panel.onDidChangeViewState(tell)];
  panel.onDidDispose(() => {
    for (const listener of listeners) listener.dispose();
  });
  writePage(panel.webview, options.extensionUri, { name: 'model', title: 'Model', body });
}

function basename(path: string): string {
  return path.split(/[\\/]/).pop() ?? path;
}
