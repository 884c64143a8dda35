import { element, themeColor } from '../dom';
import { boxOfCell, cellAt, movedCell, sizeOfGrid, type Cell, type Grid } from './grid';

/** What a picture shows. */
export interface Shown {
  readonly grid: Grid;
  /** For who does not see it. */
  readonly label: string;
  readonly caption: string;
  readonly paint: (context: CanvasRenderingContext2D, grid: Grid) => void;
  /** What a cell says, in words. */
  readonly read: (cell: Cell) => string;
}

/** A drawing whose cells are read with the pointer or with the arrow keys, and which can be saved as it is seen. */
export class Picture {
  readonly element: HTMLElement;
  private readonly canvas = element('canvas', { role: 'img', 'aria-label': 'a picture on its way', tabindex: '0', width: '0', height: '0' });
  private readonly value = element('output', { class: 'value', 'aria-live': 'polite' });
  private readonly caption = element('figcaption');
  private shown: Shown | null = null;
  private cursor: Cell | null = null;

  constructor(controls: readonly HTMLElement[], save: (png: Uint8Array) => void) {
    const button = element('button', { type: 'button', class: 'quiet' }, ['Save PNG']);
    button.addEventListener('click', () => void this.png().then((png) => { if (png) save(png); }));
    this.element = element('figure', {}, [...controls, element('div', { class: 'wide' }, [this.canvas]), this.value, this.caption, button]);
    this.canvas.addEventListener('pointermove', ({ offsetX, offsetY }) => this.point(offsetX, offsetY));
    this.canvas.addEventListener('pointerleave', () => this.say(this.cursor));
    this.canvas.addEventListener('keydown', (event) => { if (this.onKey(event.key)) event.preventDefault(); });
    this.canvas.addEventListener('blur', () => this.stand(null));
  }

  show(shown: Shown): void {
    this.shown = shown;
    this.cursor = null;
    this.canvas.setAttribute('aria-label', shown.label);
    this.caption.textContent = shown.caption;
    this.say(null);
    this.redraw();
  }

  /** With the colours that the theme has by now. */
  redraw(): void {
    const context = this.canvas.getContext('2d');
    if (!this.shown || !context) return;
    const { grid, paint } = this.shown;
    const size = sizeOfGrid(grid);
    const [width, height] = [Math.round(size.width), Math.round(size.height)];
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    context.clearRect(0, 0, width, height);
    paint(context, grid);
    if (this.cursor) mark(context, grid, this.cursor);
  }

  private point(x: number, y: number): void {
    if (this.shown) this.say(cellAt(this.shown.grid, x, y));
  }

  private onKey(key: string): boolean {
    if (!this.shown) return false;
    const start: Cell = { tile: 0, row: 0, column: 0 };
    const next = this.cursor ? movedCell(this.shown.grid, this.cursor, key) : (movedCell(this.shown.grid, start, key) && start);
    if (next) this.stand(next);
    return next !== null;
  }

  private stand(cell: Cell | null): void {
    this.cursor = cell;
    this.say(cell);
    this.redraw();
  }

  private say(cell: Cell | null): void {
    // A space keeps the line: the page must not jump under the pointer.
    this.value.textContent = cell && this.shown ? this.shown.read(cell) : ' ';
  }

  private async png(): Promise<Uint8Array | null> {
    const blob = await new Promise<Blob | null>((resolve) => this.canvas.toBlob(resolve, 'image/png'));
    return blob && new Uint8Array(await blob.arrayBuffer());
  }
}

function mark(context: CanvasRenderingContext2D, grid: Grid, cell: Cell): void {
  const { left, top, width, height } = boxOfCell(grid, cell);
  context.lineWidth = 2;
  context.strokeStyle = themeColor('--vscode-focusBorder', '#0090f1');
  context.strokeRect(left - 1, top - 1, width + 2, height + 2);
}
