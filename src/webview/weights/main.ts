import '../page.css';
import type { WeightSlice, WeightStatistics } from '../../protocol/workerCalls';
import type { ChangedEvent, WeightsPageCalls } from '../../protocol/pageCalls';
import { byId, element, onThemeChange, showNumber, showShape } from '../dom';
import { connectToHost } from '../hostChannel';
import { drawHeatmap, drawHistogram } from './pictures';

/** Panel Weights: each weight of one layer with its statistics, a histogram, and a heatmap of two of its axes. */
class WeightsPage {
  private readonly channel = connectToHost<WeightsPageCalls, ChangedEvent>({ changed: () => void this.load() });
  private redraws: (() => void)[] = [];

  start(): void {
    onThemeChange(() => this.redraws.forEach((redraw) => redraw()));
    void this.load();
  }

  private async load(): Promise<void> {
    const { path, class: className, weights } = await this.channel.ask('layer', null);
    this.redraws = [];
    byId('title').textContent = `${path} · ${className}`;
    byId('empty').hidden = weights.length > 0;
    byId('weights').replaceChildren(...weights.map((weight, index) => this.section(weight, index)));
  }

  private section(weight: WeightStatistics, index: number): HTMLElement {
    const title = element('h2', {}, [`${weight.name} ${showShape(weight.shape)} ${weight.dtype}`]);
    const pictures = element('div', { class: 'pictures' }, [this.histogram(weight)]);
    if (weight.shape.length >= 1) pictures.append(this.heatmap(weight, index));
    return element('section', {}, [title, statisticsTable(weight), pictures]);
  }

  private histogram(weight: WeightStatistics): HTMLElement {
    const canvas = element('canvas', { role: 'img', 'aria-label': describeHistogram(weight), width: '360', height: '160' });
    const draw = (): void => drawHistogram(canvas, weight.histogram);
    this.redraws.push(draw);
    draw();
    const { from, to } = weight.histogram;
    return element('figure', {}, [canvas, element('figcaption', {}, [`Histogram from ${showNumber(from)} to ${showNumber(to)}`])]);
  }

  private heatmap(weight: WeightStatistics, index: number): HTMLElement {
    const rank = weight.shape.length;
    const axes: [number, number] = rank === 1 ? [0, 0] : [rank - 2, rank - 1];
    const held = weight.shape.map(() => 0);
    const canvas = element('canvas', { role: 'img', 'aria-label': 'heatmap' });
    const caption = element('figcaption');
    const show = async (): Promise<void> => {
      const slice = await this.channel.ask('slice', { weight: index, axes, index: held });
      const draw = (): void => drawHeatmap(canvas, slice);
      this.redraws.push(draw);
      draw();
      const text = describeSlice(weight, slice, axes, held);
      canvas.setAttribute('aria-label', text);
      caption.textContent = text;
    };
    void show();
    const pickers = weight.shape.flatMap((size, axis) => (axes.includes(axis) ? [] : [picker(axis, size, (value) => {
      held[axis] = value;
      void show();
    })]));
    return element('figure', {}, [canvas, caption, ...pickers]);
  }
}

function picker(axis: number, size: number, choose: (value: number) => void): HTMLElement {
  const input = element('input', { type: 'number', min: '0', max: String(size - 1), value: '0' });
  input.addEventListener('change', () => choose(Math.min(size - 1, Math.max(0, Math.round(input.valueAsNumber || 0)))));
  return element('label', {}, [`axis ${axis} at `, input, ` of ${size} `]);
}

function statisticsTable(weight: WeightStatistics): HTMLElement {
  const figures: [string, string][] = [
    ['mean', showNumber(weight.mean)], ['std', showNumber(weight.std)], ['min', showNumber(weight.min)], ['max', showNumber(weight.max)],
    ['zeros', String(weight.zeros)], ['NaN', String(weight.nan)], ['Inf', String(weight.inf)],
  ];
  return element('table', {}, [
    element('thead', {}, [element('tr', {}, figures.map(([name]) => element('th', { scope: 'col' }, [name])))]),
    element('tbody', {}, [element('tr', {}, figures.map(([, value]) => element('td', {}, [value])))]),
  ]);
}

function describeHistogram(weight: WeightStatistics): string {
  const { counts, from, to } = weight.histogram;
  const peak = counts.indexOf(Math.max(...counts));
  const at = from + ((peak + 0.5) * (to - from)) / Math.max(1, counts.length);
  return `histogram of ${weight.name}: ${counts.reduce((sum, count) => sum + count, 0)} values from ${showNumber(from)} to ${showNumber(to)}, most near ${showNumber(at)}`;
}

function describeSlice(weight: WeightStatistics, slice: WeightSlice, axes: readonly number[], held: readonly number[]): string {
  const thinned = slice.rowStep > 1 || slice.columnStep > 1 ? `, sampled: every ${slice.rowStep}. row and every ${slice.columnStep}. column` : '';
  const others = held.flatMap((at, axis) => (axes.includes(axis) ? [] : [`axis ${axis} at ${at}`]));
  const where = others.length > 0 ? ` (${others.join(', ')})` : '';
  return `heatmap of ${weight.name}${where}: ${slice.rows} by ${slice.columns} values from ${showNumber(slice.min)} to ${showNumber(slice.max)}${thinned}`;
}

new WeightsPage().start();
