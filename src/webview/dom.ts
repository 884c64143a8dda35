/** Small helpers to build a page out of text and elements. Nothing here takes HTML: names of a model stay text. */

type Child = Node | string;
type Attributes = Readonly<Record<string, string | boolean>>;

/** An element with attributes (`true`: present without a value, `false`: absent) and children. */
export function element<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, children: readonly Child[] = []): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false) continue;
    node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children);
  return node;
}

/** The element that the page's own markup holds. */
export function byId(id: string): HTMLElement {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no element ${id}`);
  return node;
}

/** The colour that the theme gives a name such as `--vscode-charts-blue`. */
export function themeColor(name: string, otherwise: string): string {
  return getComputedStyle(document.body).getPropertyValue(name).trim() || otherwise;
}

/** Calls back when the user switches the theme. */
export function onThemeChange(listener: () => void): void {
  new MutationObserver(listener).observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
}

/** Four significant digits, short exponents, no trailing zeros. */
export function showNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) return String(Number(value.toPrecision(5)));
  return value.toExponential(3);
}

export function showShape(shape: readonly (number | null)[] | null): string {
  return shape === null ? '?' : `(${shape.map((dim) => dim ?? 'None').join(', ')})`;
}
