import { basename } from 'node:path';
import * as vscode from 'vscode';
import { Channel } from '../../protocol/channel';
import type { VerdictPageCalls, VerdictPageEvents } from '../../protocol/pageCalls';
import { verdictPageGuards } from '../../protocol/pageGuards';
import { commandIds, panelIds } from '../ids';
import type { VerdictController } from '../verdictController';
import { webviewPort, writePage } from './page';
import { throttle } from '../throttle';

const body = `<main>
<header><h1 id="title">Verdict</h1><button id="stop" disabled>Stop</button><button id="go-on" hidden>Go On</button></header>
<p id="plan"></p>
<p id="failure" role="alert"></p>
<section id="result" hidden aria-label="Verdict">
<blockquote id="sentence" tabindex="0"></blockquote>
<p class="actions"><button id="copy">Copy Sentence</button><button id="save-report">Save Report</button></p>
<ul id="cautions" aria-label="Cautions"></ul>
<p id="count"></p>
</section>
<section id="progress-part" hidden aria-label="Progress">
<p id="estimate" role="status" aria-live="polite"></p>
<div id="arms"></div>
</section>
<div id="figures"></div>
<section id="varied" hidden><h2>Not varied</h2><ul id="not-varied" aria-label="Not varied"></ul></section>
<div id="tables"></div>
</main>`;

/** ms between two hints to the page */
const hintInterval = 100;

/** Panel Verdict: one of it. It holds nothing: the page asks the controller. */
export class VerdictPanel {
  private panel: vscode.WebviewPanel | null = null;

  constructor(private readonly extensionUri: vscode.Uri, private readonly verdicts: VerdictController) {}

  show(): void {
    if (this.panel) {
      this.panel.reveal(undefined, true);
      return;
    }
    this.adopt(vscode.window.createWebviewPanel(panelIds.verdict, 'Verdict', { viewColumn: vscode.ViewColumn.Active, preserveFocus: true }));
  }

  /** Takes a panel that VS Code made, after a reload of the window, or a new one. */
  adopt(panel: vscode.WebviewPanel): void {
    this.panel = panel;
    const run = (id: string): null => {
      void vscode.commands.executeCommand(id).then(undefined, () => undefined);
      return null;
    };
    const channel = new Channel<object, VerdictPageEvents, VerdictPageCalls, object>(webviewPort(panel), {
      handlers: {
        state: ({ session, place }) => this.state(session, place),
        stop: () => run(commandIds.stopVerdict),
        goOn: () => run(commandIds.resumeVerdict),
        copy: () => run(commandIds.copyVerdict),
        saveReport: () => run(commandIds.saveVerdictReport),
      },
      listeners: {},
      askGuards: verdictPageGuards,
    });
    const hint = throttle(() => channel.tell('changed', null), hintInterval);
    const listeners = [this.verdicts.onDidChange(() => hint.call(null)), panel.onDidChangeViewState(() => hint.call(null))];
    panel.onDidDispose(() => {
      hint.dispose();
      for (const listener of listeners) listener.dispose();
      if (this.panel === panel) this.panel = null;
    });
    writePage(panel.webview, this.extensionUri, { name: 'verdict', title: 'Verdict', body });
  }

  private state(session: number, place: number): VerdictPageCalls['state']['reply'] {
    const { running, request, planPath, verdict, failure, canGoOn } = this.verdicts;
    return {
      ...this.verdicts.since(session, place), running, verdict, failure, canGoOn,
      plan: planPath === null ? '' : basename(planPath), arms: verdict?.arms.map(({ name }) => name) ?? request?.arms ?? [],
    };
  }
}
