import type { Spectrum } from '../../core/weights/spectrum';
import { element, showNumber } from '../dom';
import type { Grid } from './grid';
import { paintBars } from './paint';
import { Picture } from './picture';

/** px */
const [width, height] = [360, 160];

/** The singular values of a weight as bars, or in words why there are none. */
export function spectrumPart({ singularValues, reason }: Spectrum, { of, save }: { readonly of: string; readonly save: (png: Uint8Array) => void }): { readonly element: HTMLElement; readonly redraw: () => void } {
  if (singularValues === null || singularValues.length === 0) return { element: element('p', {}, [`No singular values: ${reason ?? 'it is empty'}.`]), redraw: () => undefined };
  const [largest, smallest] = [singularValues[0], singularValues[singularValues.length - 1]];
  const sum = singularValues.reduce((total, value) => total + value * value, 0);
  const numericalRank = singularValues.filter((value) => value > largest * singularValues.length * 2 ** -23).length;
  const grid: Grid = { tiles: 1, across: 1, rows: 1, columns: singularValues.length, cellWidth: Math.max(1, width / singularValues.length), cellHeight: height, gap: 0 };
  const text = `singular values of ${of}: ${singularValues.length} from ${showNumber(largest)} down to ${showNumber(smallest)}, rank ${numericalRank}, condition ${smallest > 0 ? showNumber(largest / smallest) : 'infinite'}`;
  const picture = new Picture([], save);
  picture.show({
    grid, label: text, caption: text,
    paint: (context) => paintBars(context, grid, singularValues),
    read: ({ column }) => `singular value ${column}: ${showNumber(singularValues[column])}, ${showNumber(sum > 0 ? (100 * singularValues[column] ** 2) / sum : 0)} % of the squares`,
  });
  return { element: picture.element, redraw: () => picture.redraw() };
}
