import type { Inspection, LayerInspection } from '../../core/inspect/inspection';
import type { ModelGraph } from '../../core/inspect/modelGraph';

/** A layer, or an operation between layers, and how it is connected inside the model that holds it. */
export interface GraphNode {
  readonly path: string;
  readonly name: string;
  /** In the order of `inspect`, from 0; operations come last. */
  readonly order: number;
  /** The nested model around it; null at the top. */
  readonly parent: GraphNode | null;
  /** Null for an operation. */
  readonly layer: LayerInspection | null;
  readonly before: readonly GraphNode[];
  readonly after: readonly GraphNode[];
  /** What a nested model holds. */
  readonly inside: readonly GraphNode[];
}

interface GrowingNode extends GraphNode {
  parent: GraphNode | null;
  readonly before: GrowingNode[];
  readonly after: GrowingNode[];
  readonly inside: GrowingNode[];
}

/** What the page draws, in the order of `inspect`. */
export class LayerGraph {
  /** Outside every nested model. */
  readonly top: readonly GraphNode[];
  private readonly nodes: ReadonlyMap<string, GraphNode>;

  constructor({ layers }: Pick<Inspection, 'layers'>, { networks }: ModelGraph) {
    const nodes = new Map<string, GrowingNode>();
    const grow = (path: string, name: string, layer: LayerInspection | null): void => {
      nodes.set(path, { path, name, layer, order: nodes.size, parent: null, before: [], after: [], inside: [] });
    };
    for (const layer of layers) grow(layer.path, layer.name, layer);
    for (const { path, name } of networks.flatMap(({ operations }) => operations)) grow(path, name, null);
    for (const { path: around, operations, edges } of networks) {
      adopt(nodes, around, operations.map(({ path }) => path));
      for (const [from, to] of edges) connect(nodes.get(from), nodes.get(to));
    }
    for (const { path, name } of layers) if (path !== name) adopt(nodes, path.slice(0, -(name.length + 1)), [path]);
    this.nodes = nodes;
    this.top = [...nodes.values()].filter(({ parent }) => parent === null);
  }

  node(path: string): GraphNode | undefined {
    return this.nodes.get(path);
  }

  get all(): readonly GraphNode[] {
    return [...this.nodes.values()];
  }
}

function adopt(nodes: ReadonlyMap<string, GrowingNode>, around: string, paths: readonly string[]): void {
  const parent = nodes.get(around);
  if (!parent) return;
  for (const path of paths) {
    const node = nodes.get(path);
    if (!node) continue;
    node.parent = parent;
    parent.inside.push(node);
  }
}

function connect(from: GrowingNode | undefined, to: GrowingNode | undefined): void {
  if (!from || !to) return;
  from.after.push(to);
  to.before.push(from);
}

/** The models around a node, the innermost first. */
export function parentsOf(node: GraphNode): readonly GraphNode[] {
  return node.parent ? [node.parent, ...parentsOf(node.parent)] : [];
}
