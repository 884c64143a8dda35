import type { SliceAsk } from '../../protocol/pageCalls';
import type { WeightSlice } from '../../protocol/workerCalls';
import { element, showNumber } from '../dom';
import type { Cell, Grid } from './grid';
import { colorOf, paintTiles } from './paint';
import { Picture, type Shown } from './picture';

export interface HeatmapOptions {
  readonly of: string;
  readonly shape: readonly number[];
  readonly ask: (asked: SliceAsk) => Promise<WeightSlice>;
  readonly save: (png: Uint8Array) => void;
  readonly failed: (thrown: unknown) => void;
}

/** Values of one side. */
const mostOfOne = 512;
/** Slices side by side at a time. */
const mostSlices = 16;
/** px */
const side = 384;

/**
 * A heatmap of two axes of a weight, which its user picks. The other axes are held at a place, or one of them is laid out: its slices
 * then stand side by side with lines between them.
 */
export class Heatmap {
  readonly picture: Picture;
  private rowAxis: number;
  private columnAxis: number;
  /** The axis whose slices stand side by side. */
  private along: number | null = null;
  private readonly held: number[];
  private readonly controls = element('div', { class: 'controls' });
  private turn = 0;

  constructor(private readonly options: HeatmapOptions) {
    const rank = options.shape.length;
    [this.rowAxis, this.columnAxis] = rank === 1 ? [0, 0] : [rank - 2, rank - 1];
    this.held = options.shape.map(() => 0);
    this.picture = new Picture([this.controls], options.save);
    this.drawControls();
  }

  /** Asks for what is picked and draws it, unless another pick has come meanwhile. */
  async load(): Promise<void> {
    const turn = ++this.turn;
    const { along, held, rowAxis, columnAxis } = this;
    const first = along === null ? 0 : held[along];
    const count = along === null ? 1 : Math.min(mostSlices, this.options.shape[along] - first);
    const across = Math.ceil(Math.sqrt(count));
    const most = Math.floor(mostOfOne / across);
    try {
      const slices = await Promise.all(Array.from({ length: count }, (_, slice) => this.options.ask({
        axes: [rowAxis, columnAxis], most, index: held.map((at, axis) => (axis === along ? first + slice : at)),
      })));
      if (turn === this.turn) this.picture.show(this.shownOf(slices, across, first));
    } catch (thrown) {
      if (turn === this.turn) this.options.failed(thrown);
    }
  }

  private shownOf(slices: readonly WeightSlice[], across: number, first: number): Shown {
    const { of, shape } = this.options;
    const [{ rows, columns, rowStep, columnStep }] = slices;
    const [min, max] = [Math.min(...slices.map((slice) => slice.min)), Math.max(...slices.map((slice) => slice.max))];
    const reach = Math.max(Math.abs(min), Math.abs(max)) || 1;
    const cell = Math.max(1, Math.min(12, Math.floor(side / (Math.max(columns, rows, 1) * across))));
    const grid: Grid = { tiles: slices.length, across, rows, columns, cellWidth: cell, cellHeight: cell, gap: slices.length > 1 ? 2 : 0 };
    const valueOf = ({ tile, row, column }: Cell): number => slices[tile].values[row * columns + column];
    const thinned = rowStep > 1 || columnStep > 1 ? `, sampled: every ${rowStep}. row and every ${columnStep}. column` : '';
    const beside = this.along === null ? '' : `, slices ${first} to ${first + slices.length - 1} of ${shape[this.along]} along axis ${this.along} side by side`;
    const text = `heatmap of ${of}${this.whereHeld()}: ${rows} by ${columns} values from ${showNumber(min)} to ${showNumber(max)}${beside}${thinned}`;
    return {
      grid, label: text, caption: text,
      paint: (context) => paintTiles(context, grid, (tile, row, column) => colorOf(valueOf({ tile, row, column }), reach)),
      read: (at) => `[${this.indexOf(at, first, [rowStep, columnStep]).join(', ')}] = ${showNumber(valueOf(at))}`,
    };
  }

  /** Where a cell stands in the weight. */
  private indexOf({ tile, row, column }: Cell, first: number, [rowStep, columnStep]: readonly [number, number]): readonly number[] {
    return this.held.map((at, axis) => {
      if (axis === this.columnAxis) return column * columnStep;
      if (axis === this.rowAxis) return row * rowStep;
      return axis === this.along ? first + tile : at;
    });
  }

  private whereHeld(): string {
    const places = this.held.flatMap((at, axis) => ([this.rowAxis, this.columnAxis, this.along].includes(axis) ? [] : [`axis ${axis} at ${at}`]));
    return places.length === 0 ? '' : ` (${places.join(', ')})`;
  }

  private change(change: () => void): void {
    change();
    const focused = this.controls.contains(document.activeElement) ? document.activeElement?.getAttribute('data-control') : null;
    this.drawControls();
    if (focused) this.controls.querySelector<HTMLElement>(`[data-control="${focused}"]`)?.focus();
    void this.load();
  }

  private drawControls(): void {
    const { shape } = this.options;
    if (shape.length < 2) return;
    const others = shape.flatMap((_, axis) => (axis === this.rowAxis || axis === this.columnAxis ? [] : [axis]));
    this.controls.replaceChildren(
      this.picker('rows', this.rowAxis, (axis) => {
        if (axis === this.columnAxis) this.columnAxis = this.rowAxis;
        this.rowAxis = axis;
        if (this.along === axis) this.along = null;
      }),
      this.picker('columns', this.columnAxis, (axis) => {
        if (axis === this.rowAxis) this.rowAxis = this.columnAxis;
        this.columnAxis = axis;
        if (this.along === axis) this.along = null;
      }),
      ...(others.length === 0 ? [] : [this.slicePicker(others)]),
      ...others.map((axis) => this.place(axis)),
    );
  }

  private picker(what: string, chosen: number, choose: (axis: number) => void): HTMLElement {
    const select = element('select', { 'data-control': what }, this.options.shape.map((size, axis) => element('option', { value: String(axis), selected: axis === chosen }, [`axis ${axis} (${size})`])));
    select.addEventListener('change', () => this.change(() => choose(Number(select.value))));
    return element('label', {}, [`${what} `, select]);
  }

  private slicePicker(axes: readonly number[]): HTMLElement {
    const none = element('option', { value: '', selected: this.along === null }, ['no axis']);
    const select = element('select', { 'data-control': 'along' }, [none, ...axes.map((axis) => element('option', { value: String(axis), selected: axis === this.along }, [`axis ${axis} (${this.options.shape[axis]})`]))]);
    select.addEventListener('change', () => this.change(() => { this.along = select.value === '' ? null : Number(select.value); }));
    return element('label', {}, ['slices side by side along ', select]);
  }

  private place(axis: number): HTMLElement {
    const last = Math.max(0, this.options.shape[axis] - 1);
    const input = element('input', { type: 'number', min: '0', max: String(last), value: String(this.held[axis]), 'data-control': `at ${axis}` });
    input.addEventListener('change', () => this.change(() => { this.held[axis] = Math.min(last, Math.max(0, Math.round(input.valueAsNumber || 0))); }));
    return element('label', {}, [`axis ${axis} ${axis === this.along ? 'from' : 'at'} `, input, ` of ${last + 1}`]);
  }
}
