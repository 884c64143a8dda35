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

/** Colours on white paper, and on a dark screen. */
const onPaper = '--ink: #444; --axis: #666; --grid: #ddd; --one: #0b6fb8; --other: #b35900; --third: #6b3fa0; --fourth: #2e7d32; --tie: #777;';
const onDark = '--ink: #ccc; --axis: #999; --grid: #444; --one: #4aa8f0; --other: #f0a04b; --third: #c39bff; --fourth: #7fce84; --tie: #aaa;';

/** Looks of the roles where no theme gives colours: they are told apart in print and by those who do not see red and green. */
const roles = `
svg { font: 12px system-ui, sans-serif; max-width: 100%; height: auto; }
svg text { fill: var(--ink); }
.axis { stroke: var(--axis); } .grid { stroke: var(--grid); } .zero { stroke: var(--axis); stroke-dasharray: 4 3; } .threshold { stroke: var(--other); stroke-dasharray: 2 3; }
.better { stroke: var(--one); fill: var(--one); } .worse { stroke: var(--other); fill: var(--other); } .tie { stroke: var(--tie); fill: var(--tie); }
line.better, line.worse, line.tie { stroke-opacity: 0.75; stroke-width: 1.3; } line.worse { stroke-dasharray: 5 3; }
.interval { stroke: var(--one); stroke-width: 2; } .mean { fill: var(--one); }
.arm-0, .arm-1, .arm-2, .arm-3 { fill: none; stroke-width: 2; } .arm-0 { stroke: var(--one); } .arm-1 { stroke: var(--other); stroke-dasharray: 6 3; } .arm-2 { stroke: var(--third); stroke-dasharray: 2 2; } .arm-3 { stroke: var(--fourth); stroke-dasharray: 9 3 2 3; }
.band-0, .band-1, .band-2, .band-3 { stroke: none; fill-opacity: 0.18; print-color-adjust: exact; } .band-0 { fill: var(--one); } .band-1 { fill: var(--other); } .band-2 { fill: var(--third); } .band-3 { fill: var(--fourth); }
`;

/** Of a figure that is a file of its own: nobody knows on what it is shown. */
export const fileStyle = `svg { ${onPaper} background: #fff; }${roles}`;

/** Of figures in a page that is light or dark as its reader's screen is, and light on paper. */
export const pageStyle = `svg { ${onPaper} }\n@media screen and (prefers-color-scheme: dark) { svg { ${onDark} } }${roles}`;

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
