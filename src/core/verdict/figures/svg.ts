import type { Figure, Shape } from './figure';

/** Attributes of the element that draws a shape. */
export interface SvgElement {
  readonly tag: 'line' | 'circle' | 'path' | 'text';
  readonly attributes: Readonly<Record<string, string>>;
  /** Text inside it. */
  readonly text: string | null;
  readonly title: string | null;
}

/** The element for a shape, for pages that build elements and for `svgText`. */
export function svgElement(shape: Shape): SvgElement {
  const { role } = shape;
  switch (shape.kind) {
    case 'line':
      return plain('line', { class: role, x1: px(shape.from[0]), y1: px(shape.from[1]), x2: px(shape.to[0]), y2: px(shape.to[1]) }, shape.title);
    case 'circle':
      return plain('circle', { class: role, cx: px(shape.at[0]), cy: px(shape.at[1]), r: px(shape.radius) }, shape.title);
    case 'path': {
      const d = shape.points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${px(x)} ${px(y)}`).join('');
      return plain('path', { class: role, d: shape.closed ? `${d}Z` : d });
    }
    case 'text':
      return { ...plain('text', { class: role, x: px(shape.at[0]), y: px(shape.at[1]), 'text-anchor': shape.anchor }), text: shape.text };
  }
}

function plain(tag: SvgElement['tag'], attributes: SvgElement['attributes'], title?: string): SvgElement {
  return { tag, attributes, text: null, title: title ?? null };
}

/** A tenth of a pixel is seen by nobody. */
function px(value: number): string {
  return String(Math.round(10 * value) / 10);
}

/** Looks of the roles where no theme gives colours: they are told apart in print and by those who do not see red and green. */
export const figureStyle = `
svg { font: 12px system-ui, sans-serif; max-width: 100%; height: auto; }
svg text { fill: #444; }
.axis { stroke: #666; } .grid { stroke: #ddd; } .zero { stroke: #666; stroke-dasharray: 4 3; } .threshold { stroke: #b35900; stroke-dasharray: 2 3; }
.better { stroke: #0b6fb8; fill: #0b6fb8; } .worse { stroke: #b35900; fill: #b35900; } .tie { stroke: #777; fill: #777; }
line.better, line.worse, line.tie { stroke-opacity: 0.55; stroke-width: 1.3; } line.worse { stroke-dasharray: 5 3; }
.interval { stroke: #0b6fb8; stroke-width: 2; } .mean { fill: #0b6fb8; }
.arm-0, .arm-1, .arm-2, .arm-3 { fill: none; stroke-width: 2; } .arm-0 { stroke: #0b6fb8; } .arm-1 { stroke: #b35900; stroke-dasharray: 6 3; } .arm-2 { stroke: #6b3fa0; stroke-dasharray: 2 2; } .arm-3 { stroke: #2e7d32; }
.band-0, .band-1, .band-2, .band-3 { stroke: none; fill-opacity: 0.18; } .band-0 { fill: #0b6fb8; } .band-1 { fill: #b35900; } .band-2 { fill: #6b3fa0; } .band-3 { fill: #2e7d32; }
`;

/** A figure as an SVG element in text; with its own style it is a file. */
export function svgText({ width, height, label, shapes }: Figure, style: string | null): string {
  const attributes = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, width: String(width), height: String(height), role: 'img', 'aria-label': label };
  const inside = [`<title>${escapeText(label)}</title>`, ...(style === null ? [] : [`<style>${style}</style>`]), ...shapes.map((shape) => elementText(svgElement(shape)))];
  return `<svg ${attributesText(attributes)}>\n${inside.join('\n')}\n</svg>`;
}

function elementText({ tag, attributes, text, title }: SvgElement): string {
  const inside = `${title === null ? '' : `<title>${escapeText(title)}</title>`}${text === null ? '' : escapeText(text)}`;
  return `<${tag} ${attributesText(attributes)}>${inside}</${tag}>`;
}

function attributesText(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes).map(([name, value]) => `${name}="${escapeText(value).replaceAll('"', '&quot;')}"`).join(' ');
}

/** Names of models, arms and classes come from files: in a report they stay text. Control characters are no XML. */
export function escapeText(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, '\uFFFD').replace(/[&<>]/g, (character) => entities[character]);
}
