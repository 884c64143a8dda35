import type { NumberStatistics } from '../../core/weights/statistics';
import { showNumber } from '../dom';
import type { Grid } from './grid';
import { paintBars } from './paint';
import type { Shown } from './picture';

/** px */
const [width, height] = [360, 160];

export interface HistogramOptions {
  /** What it is a histogram of. */
  readonly of: string;
  /** How much of it was looked at; empty for all. */
  readonly sampled: string;
  readonly logarithmic: boolean;
}

/** The counts as bars; with a logarithmic scale those of a few values are seen beside those of millions. */
export function histogramPicture({ histogram: { from, to, counts } }: Pick<NumberStatistics, 'histogram'>, { of, sampled, logarithmic }: HistogramOptions): Shown {
  const bins = Math.max(1, counts.length);
  const grid: Grid = { tiles: 1, across: 1, rows: 1, columns: bins, cellWidth: width / bins, cellHeight: height, gap: 0 };
  const edge = (bin: number): number => from + (bin * (to - from)) / bins;
  const peak = counts.indexOf(Math.max(...counts));
  const scale = logarithmic ? ', logarithmic scale' : '';
  return {
    grid,
    label: `histogram of ${of}${scale}: ${counts.reduce((sum, count) => sum + count, 0)} values from ${showNumber(from)} to ${showNumber(to)}, most near ${showNumber((edge(peak) + edge(peak + 1)) / 2)}${sampled}`,
    caption: `Histogram from ${showNumber(from)} to ${showNumber(to)}${scale}${sampled}`,
    paint: (context) => paintBars(context, grid, logarithmic ? counts.map((count) => Math.log1p(count)) : counts),
    read: ({ column }) => `${(counts[column] ?? 0).toLocaleString()} values from ${showNumber(edge(column))} to ${showNumber(edge(column + 1))}`,
  };
}
