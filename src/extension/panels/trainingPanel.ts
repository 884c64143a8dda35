import * as vscode from 'vscode';
import { Channel } from '../../protocol/channel';
import type { TrainingPageCalls, TrainingPageEvents } from '../../protocol/pageCalls';
import { panelIds } from '../ids';
import type { RunController } from '../runController';
import { webviewPort, writePage } from './page';

const body = `<main>
<h1>Training</h1>
<p id="status" aria-live="polite">No run yet.</p>
<p><button id="stop" disabled>Stop</button> <span id="progress"></span></p>
<ul id="phases" aria-label="Phases"></ul>
<div id="charts"></div>
<h2>Epochs</h2>
<table aria-label="Epochs"><thead id="table-head"></thead><tbody id="table-body"></tbody></table>
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
        since: ({ run, seq }) => this.since(run, seq),
        stop: () => {
          this.runs.stop();
          return null;
        },
      },
      listeners: {},
    });
    const hint = throttle(() => channel.tell('changed', { run: this.run }), hintInterval);
    const listeners = [
      this.runs.onEvent((event) => {
        if (event.type === 'progress') channel.tell('progress', event);
        else hint.call();
      }),
      this.runs.onDidChangeRunning(() => hint.call()),
      panel.onDidChangeViewState(() => hint.call()),
    ];
    panel.onDidDispose(() => {
      hint.dispose();
      for (const listener of listeners) listener.dispose();
      if (this.panel === panel) this.panel = null;
    });
    writePage(panel.webview, this.extensionUri, { name: 'training', title: 'Training', body });
  }

  private since(run: string | null, seq: number): TrainingPageCalls['since']['reply'] {
    const from = run === this.run ? seq : 0;
    return { run: this.run, running: this.runs.running, events: this.runs.events.since(from - 1) };
  }

  /** A run is named by the time of its first event. */
  private get run(): string | null {
    return this.runs.events.since(-1)[0]?.time ?? null;
  }
}

/** Calls at most once in `interval` ms, and once more after the last request. */
function throttle(work: () => void, interval: number): { call(): void; dispose(): void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    call: () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        work();
      }, interval);
    },
    dispose: () => clearTimeout(timer),
  };
}
