import * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import { Channel } from '../../protocol/channel';
import type { WeightsPageCalls, WeightsPageEvents } from '../../protocol/pageCalls';
import type { SurgeryDocument } from '../document';
import { panelIds } from '../ids';
import { webviewPort, writePage } from './page';

const body = `<main>
<h1 id="title">Weights</h1>
<p id="empty" hidden>This layer has no weights of its own.</p>
<div id="weights"></div>
</main>`;

interface Shown {
  readonly document: SurgeryDocument;
  readonly layer: string;
}

/** Panel Weights: one of it; another layer takes the place of the one before. */
export class WeightsPanel {
  private panel: vscode.WebviewPanel | null = null;
  private tellChanged: (() => void) | null = null;
  private shown: Shown | null = null;
  private drawnKey = '';

  constructor(private readonly extensionUri: vscode.Uri) {}

  show(document: SurgeryDocument, layer: string): void {
    this.shown = { document, layer };
    this.drawnKey = document.weightsKey;
    if (this.panel) {
      this.panel.reveal(undefined, true);
      this.tellChanged?.();
    } else {
      this.create();
    }
    if (this.panel) this.panel.title = `Weights: ${layer}`;
  }

  /** The document was edited or trained: its weights may be others. A layer that is gone stays as it was drawn. */
  follow(document: SurgeryDocument): void {
    const { shown } = this;
    if (shown?.document !== document || document.weightsKey === this.drawnKey) return;
    if (!document.inspection.layers.some(({ path }) => path === shown.layer)) return;
    this.drawnKey = document.weightsKey;
    this.tellChanged?.();
  }

  private create(): void {
    const panel = vscode.window.createWebviewPanel(panelIds.weights, 'Weights', { viewColumn: vscode.ViewColumn.Active, preserveFocus: true });
    this.panel = panel;
    const channel = new Channel<object, WeightsPageEvents, WeightsPageCalls, object>(webviewPort(panel), {
      handlers: {
        layer: async () => {
          const { document, layer } = this.current();
          const found = document.inspection.layers.find(({ path }) => path === layer);
          return { path: layer, class: found?.class ?? '', weights: await document.weights(layer) };
        },
        slice: ({ weight, axes, index }) => {
          const { document, layer } = this.current();
          return document.weightSlice({ layer, weight, axes, index, most: 512 });
        },
      },
      listeners: {},
    });
    this.tellChanged = () => channel.tell('changed', null);
    const shownAgain = panel.onDidChangeViewState(() => this.tellChanged?.());
    panel.onDidDispose(() => {
      shownAgain.dispose();
      this.panel = null;
      this.tellChanged = null;
    });
    writePage(panel.webview, this.extensionUri, { name: 'weights', title: 'Weights', body });
  }

  private current(): Shown {
    if (!this.shown) throw new SurgeryError('usage', 'No layer is shown');
    return this.shown;
  }
}
