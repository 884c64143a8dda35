import { Graph, layout } from '@dagrejs/dagre';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Nodes by number and the edges between them. */
export interface Diagram {
  /** px */
  readonly sizes: readonly Size[];
  readonly edges: readonly (readonly [from: number, to: number])[];
}

export interface Arrangement {
  /** The middle of each node's upper side. */
  readonly tops: readonly Point[];
  /** What each edge bends around, ends not among them; in the order of the edges. */
  readonly bends: readonly (readonly Point[])[];
}

/** px between nodes that follow each other, and that stand side by side */
const [below, beside] = [34, 28];
/** Blocks with more nodes than this are drawn as a column: laying them out would take seconds. */
const mostNodes = 400;

/**
 * Places a diagram from top to bottom. It is cut where everything goes through one node (a network is mostly a row of blocks), and
 * only the blocks between are given to dagre; equal blocks are computed once, so that thousands of layers take no longer than dozens.
 */
export function arrange({ sizes, edges }: Diagram): Arrangement {
  const order = inOrder(sizes.length, edges);
  if (sizes.length === 0) return { tops: [], bends: [] };
  const tops = new Array<Point>(sizes.length).fill({ x: 0, y: 0 });
  const bends = edges.map((): readonly Point[] => []);
  let y = 0;
  const blocks = blocksOf(order, edges);
  for (const [place, { members, wires }] of blocks.entries()) {
    const local = new Map(members.map((node, index) => [node, index]));
    const block = arrangeBlock({
      sizes: members.map((node) => sizes[node]),
      edges: wires.map((wire) => [local.get(edges[wire][0]) ?? 0, local.get(edges[wire][1]) ?? 0] as const),
    }, { top: place > 0, bottom: place < blocks.length - 1 });
    const at = y;
    members.forEach((node, index) => { tops[node] = { x: block.tops[index].x, y: at + block.tops[index].y }; });
    wires.forEach((wire, index) => { bends[wire] = block.bends[index].map((point) => ({ x: point.x, y: at + point.y })); });
    y = tops[members[members.length - 1]].y;
  }
  return { tops, bends };
}

/** Each node after those that it comes from, as far as circles (a shared layer makes them) allow. */
function inOrder(count: number, edges: Diagram['edges']): readonly number[] {
  const after = Array.from({ length: count }, (): number[] => []);
  const waits = new Array<number>(count).fill(0);
  for (const [from, to] of edges) {
    after[from].push(to);
    waits[to] += 1;
  }
  const order: number[] = [];
  const placed = new Set<number>();
  const place = (first: number): void => {
    for (let ready = [first]; ready.length > 0;) {
      const node = ready.shift() ?? 0;
      if (placed.has(node)) continue;
      placed.add(node);
      order.push(node);
      ready = [...after[node].filter((next) => --waits[next] === 0), ...ready];
    }
  };
  for (let node = 0; node < count; node++) if (waits[node] === 0) place(node);
  for (let node = 0; node < count; node++) place(node);
  return order;
}

/** Nodes from one through which everything goes to the next such, both among the members, and the edges (by number) between them. */
interface Block {
  readonly members: readonly number[];
  readonly wires: readonly number[];
}

function blocksOf(order: readonly number[], edges: Diagram['edges']): readonly Block[] {
  const places = new Map(order.map((node, place) => [node, place]));
  const spans = edges.map(([from, to]) => [places.get(from) ?? 0, places.get(to) ?? 0]).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
  const reach = order.map((_, place) => place);
  for (const [from, to] of spans) reach[from] = Math.max(reach[from], to);
  const starts = [0];
  let furthest = 0;
  for (let place = 0; place < order.length - 1; place++) {
    if (furthest <= place && place > 0) starts.push(place);
    furthest = Math.max(furthest, reach[place]);
  }
  const wires = starts.map((): number[] => []);
  spans.forEach(([from], wire) => wires[lastAtMost(starts, from)].push(wire));
  return starts.map((start, index) => ({ members: order.slice(start, (starts[index + 1] ?? order.length - 1) + 1), wires: wires[index] }));
}

/** Of rising numbers. */
function lastAtMost(starts: readonly number[], value: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Another block stands above or below, at the first or the last node. */
interface Neighbours {
  readonly top: boolean;
  readonly bottom: boolean;
}

const known = new Map<string, Arrangement>();
/** Blocks that are kept; a network has few kinds of them. */
const mostKnown = 500;

function arrangeBlock(block: Diagram, neighbours: Neighbours): Arrangement {
  if (block.sizes.length <= 2 || block.sizes.length > mostNodes) return column(block);
  const key = JSON.stringify([block.sizes.map(({ width, height }) => [width, height]), block.edges, neighbours]);
  const arranged = known.get(key) ?? withDagre(block, neighbours);
  if (known.size >= mostKnown) known.clear();
  known.set(key, arranged);
  return arranged;
}

/** One below the other; an edge that passes others bends around them. */
function column({ sizes, edges }: Diagram): Arrangement {
  let y = 0;
  const tops = sizes.map(({ height }) => {
    const top = { x: 0, y };
    y += height + below;
    return top;
  });
  const around = Math.max(...sizes.map(({ width }) => width)) / 2 + beside;
  const bends = edges.map(([from, to]) => (Math.abs(to - from) === 1 ? [] : [{ x: around, y: tops[from].y + sizes[from].height + below }, { x: around, y: tops[to].y - below }]));
  return { tops, bends };
}

/** The first and the last node stand in one line with the blocks above and below. */
function withDagre({ sizes, edges }: Diagram, neighbours: Neighbours): Arrangement {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: beside, ranksep: below, ranker: sizes.length > 100 ? 'longest-path' : 'network-simplex' });
  graph.setDefaultEdgeLabel(() => ({}));
  sizes.forEach(({ width, height }, node) => graph.setNode(String(node), { width, height }));
  for (const [from, to] of [...edges, ...fences(sizes.length, edges, neighbours)]) graph.setEdge(String(from), String(to));
  layout(graph);
  const placed = sizes.map((_, node) => graph.node(String(node)) as unknown as Point & Size);
  const last = sizes.length - 1;
  const origin = placed[neighbours.bottom && !neighbours.top ? last : 0].x;
  const top = (node: number): number => placed[node].y - placed[node].height / 2;
  const start = Math.min(...sizes.map((_, node) => top(node)));
  return {
    tops: placed.map(({ x }, node) => ({ x: node === last && neighbours.bottom ? 0 : x - origin, y: top(node) - start })),
    bends: edges.map(([from, to]) => {
      const { points } = graph.edge(String(from), String(to)) as unknown as { readonly points: readonly Point[] };
      return points.slice(1, -1).map(({ x, y }) => ({ x: x - origin, y: y - start }));
    }),
  };
}

/** Edges that nobody draws: they keep a side branch that begins or ends inside the block between its first and its last node. */
function fences(count: number, edges: Diagram['edges'], { top, bottom }: Neighbours): (readonly [number, number])[] {
  const reached = new Set(edges.map(([, to]) => to));
  const left = new Set(edges.map(([from]) => from));
  const inner = Array.from({ length: count - 1 }, (_, index) => index + 1);
  return [
    ...(top ? inner.filter((node) => !reached.has(node)).map((node) => [0, node] as const) : []),
    ...(bottom ? inner.filter((node) => node < count - 1 && !left.has(node)).map((node) => [node, count - 1] as const) : []),
  ];
}
