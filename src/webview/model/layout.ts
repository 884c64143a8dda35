import { arrange, type Point, type Size } from './arrange';
import type { GraphNode } from './layerGraph';

/** A node where it stands on the page, px. */
export interface Placed {
  readonly node: GraphNode;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Wire {
  readonly key: string;
  readonly from: GraphNode;
  readonly to: GraphNode;
  /** From the lower side of one node to the upper side of the other. */
  readonly points: readonly Point[];
  readonly top: number;
  readonly bottom: number;
}

export interface Layout {
  /** A nested model before what it holds. */
  readonly placed: readonly Placed[];
  readonly wires: readonly Wire[];
  readonly width: number;
  readonly height: number;
}

/** How tall and wide nodes are, and which nested models are open. */
export interface Looks {
  sizeOf(node: GraphNode): Size;
  isOpen(node: GraphNode): boolean;
}

/** px around what an open model holds; its own lines stand above */
const padding = 18;

/** Places everything that is to be seen. */
export function layOut(nodes: readonly GraphNode[], looks: Looks): Layout {
  const drawn = inside(nodes, looks);
  return { ...drawn, placed: drawn.placed.map((each) => moved(each, padding, padding)), wires: drawn.wires.map((wire) => movedWire(wire, padding, padding)),
    width: drawn.width + 2 * padding, height: drawn.height + 2 * padding };
}

/** Nodes of one model, its upper left corner at the origin. */
function inside(nodes: readonly GraphNode[], looks: Looks): Layout {
  const opened = nodes.map((node) => (looks.isOpen(node) ? inside(node.inside, looks) : null));
  const own = nodes.map((node) => looks.sizeOf(node));
  const sizes = own.map((size, index) => {
    const held = opened[index];
    return held ? { width: Math.max(size.width, held.width + 2 * padding), height: size.height + held.height + padding } : size;
  });
  const numbers = new Map(nodes.map((node, index) => [node, index]));
  const edges = nodes.flatMap((node, from) => node.after.map((next) => [from, numbers.get(next) ?? from] as const));
  const { tops, bends } = arrange({ sizes, edges });
  const left = Math.min(0, ...tops.map(({ x }, index) => x - sizes[index].width / 2), ...bends.flat().map(({ x }) => x));
  const placed = nodes.map((node, index): Placed => ({ node, ...sizes[index], left: tops[index].x - sizes[index].width / 2 - left, top: tops[index].y }));
  const wires = edges.map(([from, to], wire) => wireBetween(placed[from], placed[to], bends[wire].map(({ x, y }) => ({ x: x - left, y }))));
  const inner = placed.map((at, index) => ({ at, own: own[index], held: opened[index] })).flatMap(({ at, own: { height }, held }) => (held ? [{ held, x: at.left + (at.width - held.width) / 2, y: at.top + height }] : []));
  return {
    placed: [...placed, ...inner.flatMap(({ held, x, y }) => held.placed.map((each) => moved(each, x, y)))],
    wires: [...wires, ...inner.flatMap(({ held, x, y }) => held.wires.map((each) => movedWire(each, x, y)))],
    width: Math.max(0, ...placed.map((each) => each.left + each.width), ...wires.flatMap(({ points }) => points.map(({ x }) => x))),
    height: Math.max(0, ...placed.map((each) => each.top + each.height)),
  };
}

function wireBetween(from: Placed, to: Placed, bends: readonly Point[]): Wire {
  const points = [{ x: from.left + from.width / 2, y: from.top + from.height }, ...bends, { x: to.left + to.width / 2, y: to.top }];
  const heights = points.map(({ y }) => y);
  return { key: JSON.stringify([from.node.path, to.node.path]), from: from.node, to: to.node, points, top: Math.min(...heights), bottom: Math.max(...heights) };
}

function moved(each: Placed, x: number, y: number): Placed {
  return { ...each, left: each.left + x, top: each.top + y };
}

function movedWire(wire: Wire, x: number, y: number): Wire {
  return { ...wire, top: wire.top + y, bottom: wire.bottom + y, points: wire.points.map((point) => ({ x: point.x + x, y: point.y + y })) };
}

/** An SVG path that leaves and arrives straight down. */
export function pathOf({ points }: Wire): string {
  const [first, ...others] = points;
  let from = first;
  const curves = others.map((to) => {
    const middle = (from.y + to.y) / 2;
    const curve = `C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${to.y}`;
    from = to;
    return curve;
  });
  return `M${first.x} ${first.y}${curves.join('')}`;
}
