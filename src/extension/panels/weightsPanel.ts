import type * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import type { LayerInspection } from '../../core/inspect/inspection';
import type { ShownLayer, WeightsPageCalls } from '../../protocol/pageCalls';
import { weightsPageGuards } from '../../protocol/pageGuards';
import type { WeightAsk } from '../../protocol/workerCalls';
import type { SurgeryDocument } from '../document';
import { panelIds } from '../ids';
import { savePicture } from '../savePicture';
import type { WorkerClient } from '../workerClient';
import { SinglePanel } from './singlePanel';

const body = `<main>
<h1 id="title">Weights</h1>
<p id="failure" role="alert"></p>
<p id="empty" hidden>This layer has no weights of its own.</p>
<p id="options" hidden><label><input id="logarithmic" type="checkbox"> Histograms with a logarithmic scale</label> <span class="hint">Colours: blue below zero, white at zero, red above, magenta for NaN and infinity. The pointer, or the arrow keys in a picture, read its values.</span></p>
<div id="weights"></div>
</main>`;

/** numbers; a sample of a large weight, which is drawn first */
const sample = 1 << 20;
/** pictures of filters at a time */
const filters = 64;
/** rows of a list */
const rows = 10;

interface Shown {
  readonly document: SurgeryDocument;
  readonly layer: string;
}

export interface WeightsPanelOptions {
  readonly extensionUri: vscode.Uri;
  readonly reader: Pick<WorkerClient, 'ask'>;
  /** Asks where, and writes it. */
  readonly exportWeight: (document: SurgeryDocument, place: { readonly path: string; readonly index: number }) => Promise<void>;
}

/** Panel Weights: one of it; another layer takes the place of the one before. */
export class WeightsPanel {
  private readonly panel: SinglePanel<WeightsPageCalls>;
  private shown: Shown | null = null;
  private drawnKey = '';

  constructor({ extensionUri, reader, exportWeight }: WeightsPanelOptions) {
    this.panel = new SinglePanel<WeightsPageCalls>({
      extensionUri,
      id: panelIds.weights,
      page: { name: 'weights', title: 'Weights', body },
      guards: weightsPageGuards,
      handlers: {
        layer: () => this.layer(),
        figures: ({ weight, sampled }) => reader.ask('weightFigures', { ...this.weight(weight), most: sampled ? sample : null }),
        slice: ({ weight, axes, index, most }) => reader.ask('weightSlice', { ...this.weight(weight), axes, index, most }),
        filters: ({ weight, channel, from }) => reader.ask('weightFilters', { ...this.weight(weight), channel, from, most: filters }),
        spectrum: ({ weight, stop }) => reader.ask('weightSpectrum', { ...this.weight(weight), stop }),
        rows: ({ weight, row }) => reader.ask('weightRows', { ...this.weight(weight), row, most: rows }),
        exportNpy: async ({ weight }) => {
          const { document, layer } = this.current();
          await exportWeight(document, { path: layer, index: weight });
          return null;
        },
        savePicture: async ({ png }) => {
          await savePicture(png, this.current().document.source.path);
          return null;
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
    if (!foundIn(shown)) return;
    this.drawnKey = document.weightsKey;
    this.panel.changed();
  }

  private layer(): ShownLayer {
    const { document, layer } = this.current();
    const found = foundIn({ document, layer });
    if (!found) throw new SurgeryError('layer-unknown', 'There is no such layer any more', { received: layer });
    const weights = found.weights.map(({ name, shape, dtype }) => ({ name, shape, dtype }));
    return { path: layer, class: found.class, weights, key: JSON.stringify([document.source.path, layer, document.weightsKey]) };
  }

  private weight(weight: number): WeightAsk {
    const { document, layer } = this.current();
    return { ...document.edited, layer, weight };
  }

  private current(): Shown {
    if (!this.shown) throw new SurgeryError('usage', 'No layer is shown');
    return this.shown;
  }
}

function foundIn({ document, layer }: Shown): LayerInspection | undefined {
  return document.inspection.layers.find(({ path }) => path === layer);
}
