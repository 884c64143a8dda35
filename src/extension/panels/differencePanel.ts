import type * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import type { ModelDifference } from '../../core/inspect/diffModels';
import type { DifferencePageCalls } from '../../protocol/pageCalls';
import type { ModelPair } from '../../protocol/workerCalls';
import { differencePageGuards } from '../../protocol/pageGuards';
import { panelIds } from '../ids';
import { savePicture } from '../savePicture';
import type { WorkerClient } from '../workerClient';
import { SinglePanel } from './singlePanel';

const body = `<main>
<h1 id="title">Difference</h1>
<p id="summary" role="status"></p>
<p id="failure" role="alert"></p>
<div id="layers" class="wide" tabindex="0" role="region" aria-label="Layers that differ"></div>
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
  private readonly panel: SinglePanel<DifferencePageCalls>;
  private shown: Comparison | null = null;
  private shownTimes = 0;

  constructor(extensionUri: vscode.Uri, reader: Pick<WorkerClient, 'ask'>) {
    this.panel = new SinglePanel<DifferencePageCalls>({
      extensionUri,
      id: panelIds.difference,
      page: { name: 'difference', title: 'Difference', body },
      guards: differencePageGuards,
      handlers: {
        difference: () => {
          const { a, b, difference } = this.current();
          return { a, b, difference, key: this.shownTimes };
        },
        statistics: ({ layer, weight }) => reader.ask('diffWeight', { ...this.current().pair, layer, weight }),
        slice: (asked) => reader.ask('diffSlice', { ...this.current().pair, ...asked }),
        savePicture: async ({ png }) => {
          await savePicture(png, this.current().pair.a.path);
          return null;
        },
      },
    });
  }

  show(comparison: Comparison): void {
    this.shown = comparison;
    this.shownTimes += 1;
    this.panel.show('Difference');
  }

  private current(): Comparison {
    if (!this.shown) throw new SurgeryError('usage', 'Nothing is compared');
    return this.shown;
  }
}
