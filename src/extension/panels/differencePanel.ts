import type * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import type { ModelDifference } from '../../core/inspect/diffModels';
import type { DifferencePageCalls } from '../../protocol/pageCalls';
import type { ModelPair } from '../../protocol/workerCalls';
import { panelIds } from '../ids';
import type { WorkerClient } from '../workerClient';
import { SinglePanel } from './singlePanel';

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
  private readonly panel: SinglePanel<DifferencePageCalls>;
  private shown: Comparison | null = null;

  constructor(extensionUri: vscode.Uri, reader: Pick<WorkerClient, 'ask'>) {
    this.panel = new SinglePanel<DifferencePageCalls>({
      extensionUri,
      id: panelIds.difference,
      page: { name: 'difference', title: 'Difference', body },
      handlers: {
        difference: () => {
          const { a, b, difference } = this.current();
          return { a, b, difference };
        },
        statistics: ({ layer, weight }) => reader.ask('diffWeight', { ...this.current().pair, layer, weight }),
      },
    });
  }

  show(comparison: Comparison): void {
    this.shown = comparison;
    this.panel.show('Difference');
  }

  private current(): Comparison {
    if (!this.shown) throw new SurgeryError('usage', 'Nothing is compared');
    return this.shown;
  }
}
