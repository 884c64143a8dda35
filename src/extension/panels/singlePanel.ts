import * as vscode from 'vscode';
import { type CallMap, Channel, type Handlers } from '../../protocol/channel';
import type { ChangedEvent } from '../../protocol/pageCalls';
import type { PageGuards } from '../../protocol/pageGuards';
import { type PageDescription, webviewPort, writePage } from './page';

interface SinglePanelOptions<Served extends CallMap<Served>> {
  readonly extensionUri: vscode.Uri;
  readonly id: string;
  readonly page: PageDescription;
  /** What the page asks: it holds nothing. */
  readonly handlers: Handlers<Served>;
  /** A page may say anything. */
  readonly guards: PageGuards<Served>;
}

/** A panel that there is one of: what is shown next takes the place of what was there before. */
export class SinglePanel<Served extends CallMap<Served>> {
  private panel: vscode.WebviewPanel | null = null;
  private tellChanged: (() => void) | null = null;

  constructor(private readonly options: SinglePanelOptions<Served>) {}

  /** Made where it is not there, else brought to the front and told to ask again. */
  show(title: string): void {
    if (this.panel) {
      this.panel.reveal(undefined, true);
      this.changed();
    } else {
      this.panel = this.create();
    }
    this.panel.title = title;
  }

  /** What the page shows is another by now. */
  changed(): void {
    this.tellChanged?.();
  }

  private create(): vscode.WebviewPanel {
    const { id, page, handlers, guards, extensionUri } = this.options;
    const panel = vscode.window.createWebviewPanel(id, page.title, { viewColumn: vscode.ViewColumn.Active, preserveFocus: true });
    const channel = new Channel<object, ChangedEvent, Served, object>(webviewPort(panel), { handlers, listeners: {}, askGuards: guards });
    this.tellChanged = () => channel.tell('changed', null);
    const shownAgain = panel.onDidChangeViewState(() => this.changed());
    panel.onDidDispose(() => {
      shownAgain.dispose();
      this.panel = null;
      this.tellChanged = null;
    });
    writePage(panel.webview, extensionUri, page);
    return panel;
  }
}
