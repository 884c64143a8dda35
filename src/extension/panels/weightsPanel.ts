import type * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import type { WeightsPageCalls } from '../../protocol/pageCalls';
import type { SurgeryDocument } from '../document';
import { panelIds } from '../ids';
import { SinglePanel } from './singlePanel';

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
  private readonly panel: SinglePanel<WeightsPageCalls>;
  private shown: Shown | null = null;
  private drawnKey = '';

  constructor(extensionUri: vscode.Uri) {
    this.panel = new SinglePanel<WeightsPageCalls>({
      extensionUri,
      id: panelIds.weights,
      page: { name: 'weights', title: 'Weights', body },
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
    });
  }

  show(document: SurgeryDocument, layer: string): void {
    this.shown = { document, layer };
    this.drawnKey = document.weightsKey;
    this.panel.show(`Weights: ${layer}`);
  }

  /** The document was edited or trained: its weights may be others. A layer that is gone stays as it was drawn. */
  follow(document: SurgeryDocument): void {
    const { shown } = this;
    if (shown?.document !== document || document.weightsKey === this.drawnKey) return;
    if (!document.inspection.layers.some(({ path }) => path === shown.layer)) return;
    this.drawnKey = document.weightsKey;
    this.panel.changed();
  }

  private current(): Shown {
    if (!this.shown) throw new SurgeryError('usage', 'No layer is shown');
    return this.shown;
  }
}
