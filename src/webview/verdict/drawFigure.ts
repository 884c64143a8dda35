import type { Figure } from '../../core/verdict/figures/figure';
import { svgElement } from '../../core/verdict/figures/svg';

const namespace = 'http://www.w3.org/2000/svg';

/** A figure as SVG elements: names inside it stay text. */
export function drawFigure({ name, width, height, label, shapes }: Figure): SVGElement {
  const root = made('svg', { viewBox: `0 0 ${width} ${height}`, width: String(width), height: String(height), role: 'img', 'aria-label': label, class: `figure ${name}` });
  for (const shape of shapes) {
    const { tag, attributes, text, title } = svgElement(shape);
    const node = made(tag, attributes);
    if (title !== null) {
      const told = made('title', {});
      told.textContent = title;
      node.append(told);
    }
    if (text !== null) node.append(text);
    root.append(node);
  }
  return root;
}

function made(tag: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const node = document.createElementNS(namespace, tag as 'svg');
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
