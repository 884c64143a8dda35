import * as vscode from 'vscode';
import { Channel } from '../../protocol/channel';
import type { TrainingPageCalls, TrainingPageEvents } from '../../protocol/pageCalls';
import { trainingPageGuards } from '../../protocol/pageGuards';
import { resumeByClick } from '../commands/offerResume';
import { panelIds } from '../ids';
import { canResume } from '../resume';
import type { RunController } from '../runController';
import { throttle } from '../throttle';
import { webviewPort, writePage } from './page';

const body = `<main>
<header><h1>Training</h1><button id="stop" disabled>Stop</button><button id="resume" hidden>Resume</button></header>
<p id="status" aria-live="polite">No run yet.</p>
<p id="progress"></p>
<div id="run" hidden>
<ol id="phases" aria-label="Phases"></ol>
<div id="charts"></div>
<h2>Epochs</h2>
<div class="wide" tabindex="0" role="region" aria-label="Table of epochs"><table aria-label="Epochs"><thead id="table-head"></thead><tbody id="table-body"></tbody></table></div>
</div>
<h2>Log</h2>
<div id="log" role="log" aria-label="Training log" tabindex="0"></div>
</main>`;

/** ms between two hints to the page */
const hintInterval = 100;

/** Panel Training: one of it, brought back by `show`. It holds nothing: the page asks the run controller's events. */
export class TrainingPanel {
  private panel: vscode.WebviewPanel | null = null;

  constructor(private readonly extensionUri: vscode.Uri, private readonly runs: RunController) {}

  show(): void {
    if (this.panel) {
      this.panel.reveal(undefined, true);
      return;
    }
    const panel = vscode.window.createWebviewPanel(panelIds.training, 'Training', { viewColumn: vscode.ViewColumn.Active, preserveFocus: true });
    this.adopt(panel);
  }

  /** Takes a panel that VS Code made, after a reload of the window, or a new one. */
  adopt(panel: vscode.WebviewPanel): void {
    this.panel = panel;
    const channel = new Channel<object, TrainingPageEvents, TrainingPageCalls, object>(webviewPort(panel), {
      handlers: {
        since: async ({ session, place }) => {
          const latest = this.runs.folders.at(-1);
          const resumable = !this.runs.running && latest !== undefined && (await canResume(latest));
          return { ...this.runs.events.since(session, place), running: this.runs.running, canResume: resumable };
        },
        resume: () => {
          resumeByClick(this.runs.folders.at(-1));
          return null;
        },
        stop: () => {
          this.runs.stop();
          return null;
        },
      },
      listeners: {},
      askGuards: trainingPageGuards,
    });
    const hint = throttle((what: null) => channel.tell('changed', what), hintInterval);
    const progress = throttle((event: TrainingPageEvents['progress']) => channel.tell('progress', event), hintInterval);
    const listeners = [
      this.runs.onEvent((event) => {
        if (event.type === 'progress') progress.call(event);
        else hint.call(null);
      }),
      this.runs.onDidChangeRunning(() => hint.call(null)),
      panel.onDidChangeViewState(() => hint.call(null)),
    ];
    panel.onDidDispose(() => {
      for (const each of [hint, progress]) each.dispose();
      for (const listener of listeners) listener.dispose();
      if (this.panel === panel) this.panel = null;
    });
    writePage(panel.webview, this.extensionUri, { name: 'training', title: 'Training', body });
  }
}
