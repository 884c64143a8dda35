import type { Spectrum } from '../../core/weights/spectrum';
import { element, showNumber } from '../dom';
import type { Grid } from './grid';
import { paintBars } from './paint';
import { Picture } from './picture';

/** px */
const [width, height] = [360, 160];

export interface SpectrumOptions {
  readonly of: string;
  readonly save: (png: Uint8Array) => void;
  readonly failed: (thrown: unknown) => void;
  /** Looks on for a while, or no more, and says what is found. */
  readonly ask: (stop: boolean) => Promise<Spectrum>;
}

/** The singular values of a weight as bars, those of a large one as they are found; or in words why there are none. */
export class SpectrumPart {
  readonly element = element('div');
  private readonly picture: Picture;
  private readonly status = element('p', { role: 'status' }, ['computing …']);
  private readonly stopper = element('button', { type: 'button', class: 'quiet' }, ['Stop']);
  private stopped = false;

  constructor(private readonly options: SpectrumOptions) {
    this.picture = new Picture([], options.save);
    this.stopper.hidden = true;
    this.stopper.addEventListener('click', () => { this.stopped = true; });
    this.picture.element.hidden = true;
    this.element.append(this.status, this.stopper, this.picture.element);
  }

  redraw(): void {
    this.picture.redraw();
  }

  /** Until all that is wanted is found, or it is stopped. */
  async search(): Promise<void> {
    try {
      let found = await this.options.ask(false);
      while (found.search) {
        this.show(found);
        found = await this.options.ask(this.stopped);
      }
      this.show(found);
    } catch (thrown) {
      this.status.textContent = '';
      this.stopper.hidden = true;
      this.options.failed(thrown);
    }
  }

  private show(found: Spectrum): void {
    const values = found.singularValues ?? [];
    const status = statusText(found, values.length);
    this.stopper.hidden = found.search === null;
    this.status.textContent = status;
    this.status.hidden = status === '';
    this.picture.element.hidden = values.length === 0;
    if (values.length > 0) this.picture.show(pictureOf(values, { ...found, of: this.options.of }));
  }
}

function statusText({ search, reason }: Spectrum, found: number): string {
  if (search) return `searching: ${found} of the largest ${search.wanted} found, step ${search.steps} of at most ${search.most}`;
  return found > 0 ? '' : `No singular values: ${reason ?? 'none is found yet'}.`;
}

function pictureOf(values: readonly number[], { of, norm, count }: Pick<Spectrum, 'norm' | 'count'> & { readonly of: string }): Parameters<Picture['show']>[0] {
  const [largest, smallest] = [values[0], values[values.length - 1]];
  const share = (squares: number): string => `${showNumber(norm > 0 ? 100 * (squares / norm ** 2) : 0)} % of the squares`;
  const grid: Grid = { tiles: 1, across: 1, rows: 1, columns: values.length, cellWidth: Math.max(1, width / values.length), cellHeight: height, gap: 0 };
  const ends = `from ${showNumber(largest)} down to ${showNumber(smallest)}`;
  const rank = values.filter((value) => value > largest * values.length * 2 ** -23).length;
  const text = values.length < count
    ? `the largest ${values.length} of ${count} singular values of ${of}: ${ends}, ${share(values.reduce((sum, value) => sum + value * value, 0))}`
    : `singular values of ${of}: ${values.length} ${ends}, rank ${rank}, condition ${smallest > 0 ? showNumber(largest / smallest) : 'infinite'}`;
  return {
    grid, label: text, caption: text,
    paint: (context) => paintBars(context, grid, values),
    read: ({ column }) => `singular value ${column}: ${showNumber(values[column])}, ${share(values[column] ** 2)}`,
  };
}
