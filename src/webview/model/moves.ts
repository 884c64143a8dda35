import type { Layout, Placed } from './layout';
import { parentsOf, type GraphNode } from './layerGraph';

export type Direction = 'up' | 'down' | 'left' | 'right';

/** Where an arrow key leads: up and down along the edges, into and out of open models; left and right to what stands beside. */
export function move(layout: Layout, from: GraphNode, direction: Direction): GraphNode | undefined {
  const places = new Map(layout.placed.map((each) => [each.node, each]));
  const here = places.get(from);
  if (!here) return layout.placed.at(0)?.node;
  if (direction === 'left' || direction === 'right') return beside(layout, here, direction);
  return nearest(along(layout, from, direction).flatMap((node) => places.get(node) ?? []), here);
}

function along(layout: Layout, from: GraphNode, direction: 'up' | 'down'): readonly GraphNode[] {
  const shown = new Set(layout.placed.map(({ node }) => node));
  if (direction === 'down') {
    const entries = from.inside.filter((node) => shown.has(node) && node.before.length === 0);
    if (entries.length > 0) return entries;
    return [from, ...parentsOf(from)].find(({ after }) => after.length > 0)?.after ?? [];
  }
  if (from.before.length > 0) return from.before.map((node) => lastInside(node, shown));
  return from.parent ? [from.parent] : [];
}

/** Upwards an open model is entered at its end. */
function lastInside(node: GraphNode, shown: ReadonlySet<GraphNode>): GraphNode {
  const ends = node.inside.filter((each) => shown.has(each) && each.after.length === 0);
  return ends.length === 0 ? node : lastInside(ends[ends.length - 1], shown);
}

/** The next row before one further away, then what stands the least to the side. */
function nearest(candidates: readonly Placed[], { top, left, width }: Placed): GraphNode | undefined {
  const aside = (each: Placed): number => Math.abs(each.left + each.width / 2 - left - width / 2);
  return [...candidates].sort((a, b) => Math.abs(a.top - top) - Math.abs(b.top - top) || aside(a) - aside(b)).at(0)?.node;
}

/** The closest of the same model whose height overlaps. */
function beside(layout: Layout, here: Placed, direction: 'left' | 'right'): GraphNode | undefined {
  const sign = direction === 'left' ? -1 : 1;
  const candidates = layout.placed.filter((each) => each.node.parent === here.node.parent && sign * (each.left - here.left) > 0
    && each.top < here.top + here.height && here.top < each.top + each.height);
  return candidates.sort((a, b) => sign * (a.left - b.left)).at(0)?.node;
}
