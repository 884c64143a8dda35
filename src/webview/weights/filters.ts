import type { FilterImages } from '../../core/weights/filters';
import { element, showNumber } from '../dom';
import type { Cell, Grid } from './grid';
import { colorOf, paintTiles } from './paint';
import { Picture, type Shown } from './picture';

export interface FiltersOptions {
  readonly of: string;
  /** `[height, width, planes, filters]` */
  readonly shape: readonly number[];
  readonly ask: (asked: { readonly channel: number | null; readonly from: number }) => Promise<FilterImages>;
  readonly save: (png: Uint8Array) => void;
  readonly failed: (thrown: unknown) => void;
}

/** The filters of a convolution as pictures beside each other: one plane of each, or three planes as colours. */
export class Filters {
  readonly picture: Picture;
  private plane = 0;
  private from = 0;
  private colors: boolean;
  private turn = 0;

  constructor(private readonly options: FiltersOptions) {
    const [, , planes, filters] = options.shape;
    this.colors = planes === 3;
    const plane = this.number('plane', planes, (value) => { this.plane = value; });
    const controls = element('div', { class: 'controls' }, [...(planes === 3 ? [this.colorBox()] : []), ...(planes > 1 ? [plane] : []), ...(filters > 64 ? [this.number('first filter', filters, (value) => { this.from = value; })] : [])]);
    this.picture = new Picture([controls], options.save);
  }

  async load(): Promise<void> {
    const turn = ++this.turn;
    try {
      const images = await this.options.ask({ channel: this.colors ? null : this.plane, from: this.from });
      if (turn === this.turn) this.picture.show(shownOf(this.options.of, images, this.plane));
    } catch (thrown) {
      if (turn === this.turn) this.options.failed(thrown);
    }
  }

  private colorBox(): HTMLElement {
    const box = element('input', { type: 'checkbox', checked: this.colors });
    box.addEventListener('change', () => {
      this.colors = box.checked;
      void this.load();
    });
    return element('label', {}, [box, ' planes as red, green and blue']);
  }

  private number(what: string, count: number, set: (value: number) => void): HTMLElement {
    const input = element('input', { type: 'number', min: '0', max: String(count - 1), value: '0' });
    input.addEventListener('change', () => {
      set(Math.min(count - 1, Math.max(0, Math.round(input.valueAsNumber || 0))));
      void this.load();
    });
    return element('label', {}, [`${what} `, input, ` of ${count}`]);
  }
}

function shownOf(of: string, images: FilterImages, plane: number): Shown {
  const { height, width, count, from, filters, planes, depth, values, min, max } = images;
  const across = Math.max(1, Math.ceil(Math.sqrt(count)));
  const cell = Math.max(1, Math.min(12, Math.floor(44 / Math.max(height, width))));
  const grid: Grid = { tiles: count, across, rows: height, columns: width, cellWidth: cell, cellHeight: cell, gap: 3 };
  const reach = Math.max(Math.abs(min), Math.abs(max)) || 1;
  const valueOf = ({ tile, row, column }: Cell, color: number): number => values[((tile * height + row) * width + column) * depth + color];
  const bright = (value: number): number => (Number.isFinite(value) ? Math.round(((value - min) / (max - min || 1)) * 255) : 0);
  const planesText = depth === 3 ? 'planes 0 to 2 as red, green and blue' : `plane ${plane} of ${planes}`;
  const text = `filters of ${of}: ${count === filters ? `all ${filters}` : `${from} to ${from + count - 1} of ${filters}`}, ${height} by ${width}, ${planesText}, values from ${showNumber(min)} to ${showNumber(max)}`;
  return {
    grid, label: text, caption: text,
    paint: (context) => paintTiles(context, grid, (tile, row, column) => {
      const at = { tile, row, column };
      return depth === 3 ? [bright(valueOf(at, 0)), bright(valueOf(at, 1)), bright(valueOf(at, 2))] : colorOf(valueOf(at, 0), reach);
    }),
    read: (at) => `filter ${from + at.tile} at [${at.row}, ${at.column}] = ${Array.from({ length: depth }, (_, color) => showNumber(valueOf(at, color))).join(', ')}`,
  };
}
