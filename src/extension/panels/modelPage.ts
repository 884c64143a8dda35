import type * as vscode from 'vscode';
import { Channel } from '../../protocol/channel';
import type { ModelGraph } from '../../core/inspect/modelGraph';
import type { ModelPageCalls, ModelPageEvents, ModelPageState } from '../../protocol/pageCalls';
import { modelPageGuards } from '../../protocol/pageGuards';
import type { SurgeryDocument } from '../document';
import { webviewPort, writePage } from './page';

const body = `<main class="model">
<header>
<h1 id="title"></h1>
<p id="compile" aria-live="polite"></p>
<form id="find" role="search"><input id="find-text" type="search" aria-label="Find a layer" placeholder="Find a layer ( / )"><span id="find-count" role="status"></span></form>
</header>
<p id="summary"></p>
<p id="failure" role="alert"></p>
<ul id="problems" aria-label="Problems"></ul>
<p id="keys">Arrows move along the graph · Space freezes and unfreezes · Enter opens weights or a nested model · E shows weights here · / finds</p>
<div id="graph"><svg id="edges" aria-hidden="true"></svg><ul id="layers" aria-label="Layers"></ul></div>
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
  const graph = graphOf(document);
  const channel = new Channel<object, ModelPageEvents, ModelPageCalls, object>(webviewPort(panel), {
    handlers: {
      state: () => stateOf(options, graph),
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
    askGuards: modelPageGuards,
  });
  const tell = (): void => channel.tell('changed', null);
  const listeners = [document.onDidChange(tell), panel.onDidChangeViewState(tell)];
  panel.onDidDispose(() => {
    for (const listener of listeners) listener.dispose();
  });
  writePage(panel.webview, options.extensionUri, { name: 'model', title: 'Model', body });
}

/** The graph is asked for again when an edit may have changed it, and not for every flag. */
function graphOf(document: SurgeryDocument): () => Promise<ModelGraph> {
  let known: { readonly key: string; readonly graph: Promise<ModelGraph> } | null = null;
  return () => {
    const key = document.weightsKey;
    if (known?.key !== key) {
      const asked = { key, graph: document.graph() };
      known = asked;
      asked.graph.catch(() => { if (known === asked) known = null; });
    }
    return known.graph;
  };
}

/** An edit that comes while the graph is on its way makes another graph: the page must not get layers of one and edges of the other. */
async function stateOf({ document, compileState }: ModelPageOptions, graph: () => Promise<ModelGraph>): Promise<ModelPageState> {
  for (;;) {
    const key = document.weightsKey;
    const edges = await graph();
    if (document.weightsKey !== key) continue;
    return { file: basename(document.source.path), inspection: document.inspection, graph: edges, weightsKey: key, compileState: compileState(), problem: document.problem };
  }
}

function basename(path: string): string {
  return path.split(/[\\/]/).pop() ?? path;
}
