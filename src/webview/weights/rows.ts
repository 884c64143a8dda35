import type { Neighbour, RowNorm } from '../../core/weights/rows';
import type { WeightsPageCalls } from '../../protocol/pageCalls';
import { element, showNumber } from '../dom';

export interface RowsOptions {
  readonly of: string;
  readonly ask: (row: number | null) => Promise<WeightsPageCalls['rows']['reply']>;
  readonly failed: (thrown: unknown) => void;
}

/** The rows of a weight (of an embedding: its tokens) by their norm, and those that point where one of them points. */
export class Rows {
  readonly element = element('div', { class: 'rows' });
  private readonly nearest = element('div', { 'aria-live': 'polite' });

  constructor(private readonly options: RowsOptions) {}

  async load(): Promise<void> {
    try {
      const { rows, longest, shortest } = await this.options.ask(null);
      const tables = element('div', { class: 'pictures' }, [this.norms('Longest rows', longest), this.norms('Shortest rows', shortest)]);
      this.element.replaceChildren(tables, this.chooser(rows), this.nearest);
    } catch (thrown) {
      this.options.failed(thrown);
    }
  }

  private norms(title: string, rows: readonly RowNorm[]): HTMLElement {
    return table(title, ['row', 'norm'], rows.map(({ row, norm }) => [this.open(row), showNumber(norm)]));
  }

  private open(row: number): HTMLElement {
    const button = element('button', { type: 'button', class: 'link', 'aria-label': `nearest neighbours of row ${row}` }, [String(row)]);
    button.addEventListener('click', () => void this.show(row));
    return button;
  }

  private chooser(rows: number): HTMLElement {
    const input = element('input', { type: 'number', min: '0', max: String(rows - 1), value: '0' });
    const button = element('button', { type: 'submit' }, ['Nearest Neighbours']);
    const form = element('form', { class: 'controls' }, [element('label', {}, ['row ', input, ` of ${rows.toLocaleString()}`]), button]);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.show(Math.min(rows - 1, Math.max(0, Math.round(input.valueAsNumber || 0))));
    });
    return form;
  }

  private async show(row: number): Promise<void> {
    try {
      const { nearest } = await this.options.ask(row);
      this.nearest.replaceChildren(neighbours(this.options.of, row, nearest ?? []));
    } catch (thrown) {
      this.options.failed(thrown);
    }
  }
}

function neighbours(of: string, row: number, found: readonly Neighbour[]): HTMLElement {
  if (found.length === 0) return element('p', {}, [`Row ${row} of ${of} has no direction, or no other row has one.`]);
  return table(`Rows that point most nearly where row ${row} points`, ['row', 'cosine'], found.map((each) => [String(each.row), each.cosine.toFixed(6)]));
}

function table(title: string, heads: readonly string[], rows: readonly (readonly (string | HTMLElement)[])[]): HTMLElement {
  return element('table', {}, [
    element('caption', {}, [title]),
    element('thead', {}, [element('tr', {}, heads.map((head) => element('th', { scope: 'col' }, [head])))]),
    element('tbody', {}, rows.map((row) => element('tr', {}, row.map((cell) => element('td', {}, [cell]))))),
  ]);
}
