import * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import type { ModelDifference } from '../../core/inspect/diffModels';
import { Channel } from '../../protocol/channel';
import type { DifferencePageCalls, DifferencePageEvents } from '../../protocol/pageCalls';
import type { ModelPair } from '../../protocol/workerCalls';
import { panelIds } from '../ids';
import type { WorkerClient } from '../workerClient';
import { webviewPort, writePage } from './page';

const body = `<main>
<h1 id="title">Difference</h1>
<p id="summary" role="status"></p>
<div id="layers"></div>
<section id="detail" aria-live="polite"></section>
</main>`;

/** Two models by what they are called, and what is known of their difference. */
export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly pair: ModelPair;
  readonly difference: ModelDifference;
}

/** Panel Difference: one of it; another comparison takes the place of the one before. */
export class DifferencePanel {
  private panel: vscode.WebviewPanel | null = null;
  private tellChanged: (() => void) | null = null;
  private shown: Comparison | null = null;

  constructor(private readonly extensionUri: vscode.Uri, private readonly reader: Pick<WorkerClient, 'ask'>) {}

  show(comparison: Comparison): void {
    this.shown = comparison;
    if (this.panel) {
      this.panel.reveal(undefined, true);
      this.tellChanged?.();
    } else {
      this.create();
    }
  }

  private create(): void {
    const panel = vscode.window.createWebviewPanel(panelIds.difference, 'Difference', { viewColumn: vscode.ViewColumn.Active, preserveFocus: true });
    this.panel = panel;
    const channel = new Channel<object, DifferencePageEvents, DifferencePageCalls, object>(webviewPort(panel), {
      handlers: {
        difference: () => {
          const { a, b, difference } = this.current();
          return { a, b, difference };
        },
        statistics: ({ layer, weight }) => this.reader.ask('diffWeight', { ...this.current().pair, layer, weight }),
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
    writePage(panel.webview, this.extensionUri, { name: 'difference', title: 'Difference', body });
  }

  private current(): Comparison {
    if (!this.shown) throw new SurgeryError('usage', 'Nothing is compared');
    return this.shown;
  }
}
