import '../page.css';
import type { ModelDifference, WeightDifference } from '../../core/inspect/diffModels';
import type { NumberStatistics } from '../../core/weights/statistics';
import type { ChangedEvent, DifferencePageCalls } from '../../protocol/pageCalls';
import { byId, element, onThemeChange, showNumber } from '../dom';
import { connectToHost } from '../hostChannel';
import { drawHistogram } from '../weights/pictures';

/** Panel Difference: what was added, removed and changed; of a changed weight the histogram of its differences. */
class DifferencePage {
  private readonly channel = connectToHost<DifferencePageCalls, ChangedEvent>({ changed: () => void this.load() });
  private redraw: () => void = () => undefined;

  start(): void {
    onThemeChange(() => { this.redraw(); });
    void this.load();
  }

  private async load(): Promise<void> {
    const { a, b, difference } = await this.channel.ask('difference', null);
    byId('title').textContent = `${a} and ${b}`;
    byId('summary').textContent = summaryOf(difference);
    byId('layers').replaceChildren(...this.table(difference));
    byId('detail').replaceChildren();
    this.redraw = () => undefined;
  }

  private table({ added, removed, changed }: ModelDifference): HTMLElement[] {
    if (added.length + removed.length + changed.length === 0) return [];
    const heads = ['Layer', 'Weight', 'Change', 'Largest', 'Relative', 'Cosine'];
    const rows = [
      ...removed.map((path) => row([path, '', 'removed'])),
      ...added.map((path) => row([path, '', 'added'])),
      ...changed.flatMap(({ path, weights, settings }) => [
        ...(settings ? [row([path, '', `other settings: ${settings.join(', ')}`])] : []),
        ...weights.map((weight) => this.weightRow(path, weight)),
      ]),
    ];
    return [element('table', {}, [
      element('thead', {}, [element('tr', {}, heads.map((head) => element('th', { scope: 'col' }, [head])))]),
      element('tbody', {}, rows),
    ])];
  }

  /** A button, so that the keyboard reaches it. */
  private weightRow(layer: string, { name, maxAbs, relative, cosine }: WeightDifference): HTMLElement {
    const open = element('button', { type: 'button', 'aria-label': `Histogram of the differences of ${layer} ${name}` }, [name]);
    open.addEventListener('click', () => void this.showWeight(layer, name));
    const figures = [showNumber(maxAbs), relative === null ? '-' : showNumber(relative), cosine === null ? '-' : cosine.toFixed(6)];
    return element('tr', {}, [element('td', {}, [layer]), element('td', {}, [open]), element('td', {}, ['changed']), ...figures.map((figure) => element('td', {}, [figure]))]);
  }

  private async showWeight(layer: string, weight: string): Promise<void> {
    const statistics = await this.channel.ask('statistics', { layer, weight });
    const text = describe(statistics);
    const canvas = element('canvas', { role: 'img', 'aria-label': `Histogram of the differences of ${layer} ${weight}: ${text}`, width: '360', height: '160' });
    this.redraw = () => { drawHistogram(canvas, statistics.histogram); };
    this.redraw();
    byId('detail').replaceChildren(
      element('h2', {}, [`${layer} ${weight}: second minus first`]),
      element('figure', {}, [canvas, element('figcaption', {}, [text])]),
    );
  }
}

function row(texts: readonly string[]): HTMLElement {
  return element('tr', {}, [...texts, ...Array.from({ length: 6 - texts.length }, () => '')].map((text) => element('td', {}, [text])));
}

function summaryOf({ same, added, removed, changed }: ModelDifference): string {
  if (same) return 'The models are the same.';
  return `${removed.length} layers removed, ${added.length} added, ${changed.length} changed.`;
}

function describe({ mean, std, min, max, nan, inf, histogram }: NumberStatistics): string {
  const broken = nan + inf > 0 ? `, ${nan} NaN, ${inf} infinite` : '';
  return `from ${showNumber(histogram.from)} to ${showNumber(histogram.to)}; mean ${showNumber(mean)}, std ${showNumber(std)}, min ${showNumber(min)}, max ${showNumber(max)}${broken}`;
}

new DifferencePage().start();
