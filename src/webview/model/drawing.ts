import { drawCard, type CardActions, type CardState } from './card';
import { pathOf, type Layout, type Placed, type Wire } from './layout';
import type { GraphNode } from './layerGraph';

export interface DrawingOptions {
  /** What scrolls. */
  readonly view: HTMLElement;
  readonly list: HTMLElement;
  readonly lines: SVGElement;
  readonly actions: CardActions;
  readonly stateOf: (node: GraphNode) => CardState;
  /** What is in view has changed: whoever brings figures knows what to bring. */
  readonly onSeen: (nodes: readonly GraphNode[]) => void;
}

interface Card {
  readonly item: HTMLElement;
  look: string;
}

/** px above and below what is seen that are drawn too */
const margin = 800;

/** Draws what is in view of a layout, and no more: a network of thousands of layers scrolls as one of ten. */
export class Drawing {
  private layout: Layout = { placed: [], wires: [], width: 0, height: 0 };
  private current: GraphNode | null = null;
  private readonly cards = new Map<string, Card>();
  private readonly paths = new Map<string, SVGPathElement>();
  private asked = false;

  constructor(private readonly options: DrawingOptions) {
    options.view.addEventListener('scroll', () => this.ask(), { passive: true });
    new ResizeObserver(() => this.ask()).observe(options.view);
  }

  /** The node that the arrows stand on stays drawn, seen or not, so that it keeps the focus. */
  show(layout: Layout, current: GraphNode | null): void {
    const { list, lines } = this.options;
    const hadFocus = list.contains(document.activeElement);
    this.layout = layout;
    this.current = current;
    if (!this.sameNodes(layout)) this.drop(this.cards, new Set(), ({ item }) => item.remove());
    for (const surface of [list, lines]) {
      surface.style.width = `${layout.width}px`;
      surface.style.height = `${layout.height}px`;
    }
    this.draw();
    if (hadFocus && !list.contains(document.activeElement)) this.focus();
  }

  /** A card belongs to a path and a place in the order; where surgery changed these, all are made again. */
  private sameNodes({ placed }: Layout): boolean {
    const orders = new Map(placed.map(({ node }) => [node.path, String(node.order + 1)]));
    return [...this.cards].every(([path, { item }]) => !orders.has(path) || orders.get(path) === item.getAttribute('aria-posinset'));
  }

  focus(): void {
    if (this.current) this.cards.get(this.current.path)?.item.querySelector<HTMLElement>('[data-focus]')?.focus({ preventScroll: true });
  }

  /** Scrolls as little as shows the node whole. */
  reveal(node: GraphNode): void {
    const { view } = this.options;
    const place = this.layout.placed.find((each) => each.node === node);
    if (!place) return;
    const { x, y } = this.origin();
    view.scrollTop = within(view.scrollTop, view.clientHeight, place.top + y, Math.min(place.height, view.clientHeight));
    view.scrollLeft = within(view.scrollLeft, view.clientWidth, place.left + x, place.width);
    this.draw();
  }

  /** Where the list begins in what scrolls: a narrow network stands in the middle. */
  private origin(): { readonly x: number; readonly y: number } {
    return { x: this.options.list.offsetLeft, y: this.options.list.offsetTop };
  }

  private ask(): void {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  private draw(): void {
    const { view, list, stateOf, onSeen } = this.options;
    const hadFocus = list.contains(document.activeElement);
    const [from, to] = [view.scrollTop - margin, view.scrollTop + view.clientHeight + margin];
    const seen = this.layout.placed.filter(({ node, top, height }) => (top < to && top + height > from) || node === this.current);
    this.drop(this.cards, new Set(seen.map(({ node }) => node.path)), ({ item }) => item.remove());
    for (const place of seen) this.place(place, stateOf(place.node));
    this.drawWires(this.layout.wires.filter((wire) => wire.top < to && wire.bottom > from));
    if (hadFocus && !list.contains(document.activeElement)) this.focus();
    onSeen(seen.filter(({ top, height }) => top < to - margin && top + height > from + margin).map(({ node }) => node));
  }

  private drop<T>(kept: Map<string, T>, wanted: ReadonlySet<string>, remove: (each: T) => void): void {
    for (const [key, each] of kept) {
      if (wanted.has(key)) continue;
      remove(each);
      kept.delete(key);
    }
  }

  private place({ node, left, top, width, height }: Placed, state: CardState): void {
    const card = this.cards.get(node.path) ?? this.newCard(node);
    const { item } = card;
    Object.assign(item.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
    const look = JSON.stringify([node.layer, state, node.inside.map(({ layer }) => layer?.effectiveTrainable), node.before.length, node.after.length]);
    if (look === card.look) return;
    card.look = look;
    drawCard(item, node, state, this.options.actions);
  }

  /** In the order of the model, which is the order of reading. */
  private newCard({ path, order }: GraphNode): Card {
    const item = document.createElement('li');
    item.setAttribute('aria-posinset', String(order + 1));
    const next = [...this.options.list.children].find((other) => Number(other.getAttribute('aria-posinset')) > order + 1);
    this.options.list.insertBefore(item, next ?? null);
    const card = { item, look: '' };
    this.cards.set(path, card);
    return card;
  }

  private drawWires(wires: readonly Wire[]): void {
    this.drop(this.paths, new Set(wires.map(({ key }) => key)), (path) => path.remove());
    for (const wire of wires) {
      const path = this.paths.get(wire.key) ?? document.createElementNS('http://www.w3.org/2000/svg', 'path');
      path.setAttribute('d', pathOf(wire));
      path.setAttribute('class', wire.from === this.current || wire.to === this.current ? 'near' : '');
      if (this.paths.has(wire.key)) continue;
      this.paths.set(wire.key, path);
      this.options.lines.append(path);
    }
  }
}

function within(scroll: number, room: number, start: number, size: number): number {
  const air = Math.min(40, (room - size) / 2);
  return Math.max(start + size + air - room, Math.min(scroll, start - air));
}
