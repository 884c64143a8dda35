import '../page.css';
import type { ModelDifference, WeightDifference } from '../../core/inspect/diffModels';
import type { NumberStatistics } from '../../core/weights/statistics';
import type { ChangedEvent, DifferencePageCalls } from '../../protocol/pageCalls';
import { byId, element, onThemeChange, showNumber } from '../dom';
import { connectToHost, keptView } from '../hostChannel';
import { refresher } from '../refresher';
import { Heatmap } from '../weights/heatmap';
import { histogramPicture } from '../weights/histogramPicture';
import { Picture } from '../weights/picture';

/** Panel Difference: what was added, removed and changed; of a changed weight the histogram and the heatmap of its differences. */
class DifferencePage {
  private readonly channel = connectToHost<DifferencePageCalls, ChangedEvent>({ changed: () => void this.load().catch(showFailure) });
  private readonly load = refresher(() => this.loadOnce());
  private redraw: () => void = () => undefined;
  private key = -1;

  start(): void {
    onThemeChange(() => { this.redraw(); });
    void this.load().catch(showFailure);
  }

  private async loadOnce(): Promise<void> {
    const { a, b, key, difference } = await this.channel.ask('difference', null);
    if (key === this.key) return;
    this.key = key;
    byId('title').textContent = `${a} and ${b}`;
    byId('summary').textContent = summaryOf(difference);
    byId('layers').replaceChildren(...this.table(difference));
    byId('detail').replaceChildren();
    this.redraw = () => undefined;
    const kept = keptView.read();
    if (kept.key !== key) return;
    const weight = difference.changed.find(({ path }) => path === kept.layer)?.weights.find(({ name }) => name === kept.weight);
    if (weight) await this.showWeight(String(kept.layer), weight.name, weight.shape);
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
  private weightRow(layer: string, { name, shape, maxAbs, relative, cosine }: WeightDifference): HTMLElement {
    const open = element('button', { type: 'button', class: 'link', 'aria-label': `Differences of ${layer} ${name}` }, [name]);
    open.addEventListener('click', () => void this.showWeight(layer, name, shape).catch(showFailure));
    const figures = [showNumber(maxAbs), relative === null ? '-' : showNumber(relative), cosine === null ? '-' : cosine.toFixed(6)];
    return element('tr', {}, [element('td', {}, [layer]), element('td', {}, [open]), element('td', {}, ['changed']), ...figures.map((figure) => element('td', {}, [figure]))]);
  }

  private async showWeight(layer: string, weight: string, shape: readonly number[]): Promise<void> {
    const of = `the differences of ${layer} ${weight}`;
    const save = (png: Uint8Array): void => void this.channel.ask('savePicture', { png }).catch(showFailure);
    const heatmap = shape.length === 0 ? null : new Heatmap({ of, shape, save, failed: showFailure, ask: (asked) => this.channel.ask('slice', { layer, weight, ...asked }) });
    const histogram = new Picture([], save);
    const figures = element('p', {}, ['reading …']);
    this.redraw = () => {
      histogram.redraw();
      heatmap?.picture.redraw();
    };
    byId('failure').textContent = '';
    // A page that is hidden loses all that it shows.
    keptView.write({ key: this.key, layer, weight });
    const title = element('h2', { tabindex: '-1' }, [`${layer} ${weight}: second minus first`]);
    byId('detail').replaceChildren(title, figures, element('div', { class: 'pictures' }, [histogram.element, ...(heatmap ? [heatmap.picture.element] : [])]));
    title.scrollIntoView({ block: 'nearest' });
    void heatmap?.load();
    const statistics = await this.channel.ask('statistics', { layer, weight });
    figures.textContent = describe(statistics);
    histogram.show(histogramPicture(statistics, { of, sampled: '', logarithmic: false }));
  }
}

function row(texts: readonly string[]): HTMLElement {
  return element('tr', {}, [...texts, ...Array.from({ length: 6 - texts.length }, () => '')].map((text) => element('td', {}, [text])));
}

function summaryOf({ same, added, removed, changed }: ModelDifference): string {
  if (same) return 'The models are the same.';
  return `${removed.length} layers removed, ${added.length} added, ${changed.length} changed.`;
}

function describe({ mean, std, min, max, norm, nan, inf }: NumberStatistics): string {
  const broken = nan + inf > 0 ? `, ${nan} NaN, ${inf} infinite` : '';
  return `mean ${showNumber(mean)}, std ${showNumber(std)}, min ${showNumber(min)}, max ${showNumber(max)}, norm ${showNumber(norm)}${broken}`;
}

function showFailure(thrown: unknown): void {
  byId('failure').textContent = thrown instanceof Error ? thrown.message : String(thrown);
}

new DifferencePage().start();
