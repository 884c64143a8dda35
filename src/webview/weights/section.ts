import { hasFilters } from '../../core/weights/filters';
import type { ShownLayer, WeightsPageCalls } from '../../protocol/pageCalls';
import type { WeightStatistics } from '../../protocol/workerCalls';
import { element, showNumber, showShape } from '../dom';
import { keptView } from '../hostChannel';
import { Filters } from './filters';
import { Heatmap } from './heatmap';
import { histogramPicture } from './histogramPicture';
import { Picture } from './picture';
import { Rows } from './rows';
import { SpectrumPart } from './spectrum';

type Ask = <K extends keyof WeightsPageCalls>(name: K, value: WeightsPageCalls[K]['ask']) => Promise<WeightsPageCalls[K]['reply']>;

export interface SectionOptions {
  readonly layerClass: string;
  readonly weight: ShownLayer['weights'][number];
  /** Its place in the layer. */
  readonly index: number;
  readonly ask: Ask;
  readonly isLogarithmic: () => boolean;
}

/** numbers; more of them stay a sample, because whoever reads them would be busy for too long */
const mostRead = 400_000_000;

/** One weight: its figures, its pictures, and what is computed when it is asked for. What is large is shown as a sample first. */
export class WeightSection {
  readonly element: HTMLElement;
  private readonly count: number;
  private readonly figures = element('div', { class: 'wide' });
  private readonly failure = element('p', { role: 'alert', class: 'failure' });
  private readonly histogram: Picture;
  private readonly heatmap: Heatmap | null;
  private readonly redraws: (() => void)[] = [];
  private statistics: WeightStatistics | null = null;
  private begun = false;

  constructor(private readonly options: SectionOptions) {
    const { weight: { name, shape, dtype }, index } = options;
    this.count = shape.reduce((product, size) => product * size, 1);
    this.histogram = new Picture([], this.save);
    this.heatmap = shape.length === 0 ? null : new Heatmap({ of: name, shape, save: this.save, failed: this.failed, ask: (asked) => options.ask('slice', { weight: index, ...asked }) });
    const exporter = element('button', { type: 'button', class: 'quiet', 'aria-label': `Export .npy of ${name}` }, ['Export .npy']);
    exporter.addEventListener('click', () => void options.ask('exportNpy', { weight: index }).catch(this.failed));
    const pictures = element('div', { class: 'pictures' }, [this.histogram.element, ...(this.heatmap ? [this.heatmap.picture.element] : [])]);
    this.redraws.push(() => this.showHistogram(), () => this.heatmap?.picture.redraw());
    const title = element('h2', {}, [`${name} ${showShape(shape)} ${dtype}`]);
    this.element = element('section', { 'aria-label': `${name}, ${this.count.toLocaleString()} numbers` }, [
      element('div', { class: 'titled' }, [title, exporter]), this.figures, this.failure, pictures, ...this.parts(),
    ]);
  }

  /** Asks for the first picture, the sample, then all numbers. Once. */
  async load(): Promise<void> {
    if (this.begun) return;
    this.begun = true;
    const { ask, index } = this.options;
    this.figures.textContent = 'reading …';
    const heatmap = this.heatmap?.load();
    try {
      this.show(await ask('figures', { weight: index, sampled: true }));
      await heatmap;
      if ((this.statistics?.sampled ?? null) !== null && this.count <= mostRead) this.show(await ask('figures', { weight: index, sampled: false }));
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  /** With other colours or another scale. */
  redraw(): void {
    for (const redraw of this.redraws) redraw();
  }

  private show(statistics: WeightStatistics): void {
    this.statistics = statistics;
    this.figures.replaceChildren(figuresTable(statistics, this.sampledText()));
    this.showHistogram();
  }

  private showHistogram(): void {
    if (this.statistics) this.histogram.show(histogramPicture(this.statistics, { of: this.options.weight.name, sampled: this.sampledText(), logarithmic: this.options.isLogarithmic() }));
  }

  private sampledText(): string {
    const sampled = this.statistics?.sampled ?? null;
    return sampled === null ? '' : `, sampled: ${sampled.toLocaleString()} of ${this.count.toLocaleString()} numbers`;
  }

  private parts(): HTMLElement[] {
    const { layerClass, index, ask, weight: { name, shape } } = this.options;
    if (shape.length < 2 || this.count === 0) return [];
    const rows = new Rows({ of: name, failed: this.failed, ask: (row) => ask('rows', { weight: index, row }) });
    return [
      ...(layerClass.includes('Conv') && hasFilters(shape) ? [this.filters()] : []),
      part(rowsTitle(layerClass, shape), layerClass === 'Embedding', async (into) => {
        into.replaceChildren(rows.element);
        await rows.load();
      }),
      part('Singular values', false, async (into) => {
        const spectrum = new SpectrumPart({ of: name, save: this.save, failed: this.failed, ask: (stop) => ask('spectrum', { weight: index, stop }) });
        this.redraws.push(() => spectrum.redraw());
        into.replaceChildren(spectrum.element);
        await spectrum.search();
      }),
    ];
  }

  private filters(): HTMLElement {
    const { index, ask, weight: { name, shape } } = this.options;
    const filters = new Filters({ of: name, shape, save: this.save, failed: this.failed, ask: (asked) => ask('filters', { weight: index, ...asked }) });
    this.redraws.push(() => filters.picture.redraw());
    return part('Filters as pictures', true, async (into) => {
      into.replaceChildren(filters.picture.element);
      await filters.load();
    });
  }

  private readonly save = (png: Uint8Array): void => void this.options.ask('savePicture', { png }).catch(this.failed);

  private readonly failed = (thrown: unknown): void => { this.failure.textContent = messageOf(thrown); };
}

/** What is computed when it is opened, once. Hidden and shown again, or for another layer, it is open where it was. */
function part(title: string, open: boolean, fill: (into: HTMLElement) => Promise<void>): HTMLElement {
  const inside = element('div', {}, ['computing …']);
  const details = element('details', {}, [element('summary', {}, [title]), inside]);
  const { opened } = keptView.read();
  const kept = new Map(typeof opened === 'object' && opened !== null ? Object.entries(opened) : []);
  let filled = false;
  details.addEventListener('toggle', () => {
    keptView.write({ ...keptView.read(), opened: { ...(keptView.read().opened as object | undefined), [title]: details.open } });
    if (!details.open || filled) return;
    filled = true;
    void fill(inside);
  });
  details.open = kept.has(title) ? kept.get(title) === true : open;
  return details;
}

function rowsTitle(layerClass: string, shape: readonly number[]): string {
  if (layerClass === 'Embedding') return 'Embedding rows by norm, and their nearest neighbours';
  return shape.length === 2 ? 'Rows by norm, and their nearest neighbours' : `Rows of the matrix (${shape.slice(0, -1).join('·')}, ${shape.at(-1)}) by norm, and their nearest neighbours`;
}

function figuresTable(weight: WeightStatistics, sampled: string): HTMLElement {
  const figures: readonly (readonly [string, string])[] = [
    ['mean', showNumber(weight.mean)], ['std', showNumber(weight.std)], ['min', showNumber(weight.min)], ['max', showNumber(weight.max)], ['norm', showNumber(weight.norm)],
    ['zeros', weight.zeros.toLocaleString()], ['NaN', weight.nan.toLocaleString()], ['Inf', weight.inf.toLocaleString()],
  ];
  return element('table', { 'aria-label': `figures of ${weight.name}${sampled}` }, [
    ...(sampled === '' ? [] : [element('caption', {}, [sampled.replace(', s', 'S')])]),
    element('thead', {}, [element('tr', {}, figures.map(([name]) => element('th', { scope: 'col' }, [name])))]),
    element('tbody', {}, [element('tr', {}, figures.map(([, value]) => element('td', {}, [value])))]),
  ]);
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
