import type { WeightStatistics } from '../../protocol/workerCalls';
import { showNumber } from '../dom';

const svg = 'http://www.w3.org/2000/svg';

/** The histogram of a weight as bars that fill the size given, px; its ends are in its words. */
export function histogram({ name, histogram: { from, to, counts } }: WeightStatistics, width: number, height: number): SVGSVGElement {
  const picture = document.createElementNS(svg, 'svg');
  const attributes = { class: 'histogram', width, height, viewBox: `0 0 ${counts.length} 1`, preserveAspectRatio: 'none', role: 'img', 'aria-label': `histogram of ${name} from ${showNumber(from)} to ${showNumber(to)}` };
  for (const [key, value] of Object.entries(attributes)) picture.setAttribute(key, String(value));
  const most = Math.max(1, ...counts);
  const bars = document.createElementNS(svg, 'path');
  // A bin that holds anything shows.
  const heights = counts.map((count) => (count === 0 ? 0 : Math.max(0.04, count / most)));
  bars.setAttribute('d', heights.map((bar, bin) => `M${bin + 0.06} 1v${-bar}h0.88v${bar}z`).join(''));
  picture.append(bars);
  return picture;
}
