import * as vscode from 'vscode';
import type { LayerInspection } from '../core/inspect/inspection';
import type { WeightStatistics } from '../protocol/workerCalls';
import type { SurgeryDocument } from './document';
import { layerDescription, weightDescription } from './layerText';

/** A row: a layer by its path, or one weight of a layer. */
export type LayerNode =
  | { readonly kind: 'layer'; readonly path: string }
  | { readonly kind: 'weight'; readonly path: string; readonly statistics: WeightStatistics };

/** The tree Layers. It draws the document, never the click. */
export class LayersTree implements vscode.TreeDataProvider<LayerNode> {
  private document: SurgeryDocument | null = null;
  private nodes = new Map<string, LayerNode>();
  private readonly changed = new vscode.EventEmitter<LayerNode | LayerNode[] | undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  /** Another model, or the same with other layers: the whole tree is drawn again. */
  show(document: SurgeryDocument | null): void {
    this.document = document;
    this.nodes = new Map((document?.inspection.layers ?? []).map(({ path }) => [path, { kind: 'layer', path }]));
    this.changed.fire(undefined);
  }

  /** Draws rows and not the tree, because a click on a checkbox is lost while the tree is drawn. */
  repaint(): void {
    const paths = this.document?.inspection.layers.map(({ path }) => path) ?? [];
    if (paths.length !== this.nodes.size || paths.some((path) => !this.nodes.has(path))) return this.show(this.document);
    this.changed.fire([...this.nodes.values()]);
  }

  getParent(node: LayerNode): LayerNode | undefined {
    const above = node.kind === 'weight' ? node.path : node.path.slice(0, Math.max(0, node.path.lastIndexOf('/')));
    return this.nodes.get(above);
  }

  async getChildren(node?: LayerNode): Promise<LayerNode[]> {
    if (!this.document || node?.kind === 'weight') return [];
    const prefix = node ? `${node.path}/` : '';
    const inner = [...this.nodes.values()].filter(({ path }) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'));
    if (!node || !this.layer(node.path)?.weights.length) return inner;
    const weights = await this.document.weights(node.path);
    return [...weights.map((statistics): LayerNode => ({ kind: 'weight', path: node.path, statistics })), ...inner];
  }

  getTreeItem(node: LayerNode): vscode.TreeItem {
    return node.kind === 'weight' ? weightItem(node.statistics) : this.layerItem(node.path);
  }

  private layer(path: string): LayerInspection | undefined {
    return this.document?.inspection.layers.find((layer) => layer.path === path);
  }

  private layerItem(path: string): vscode.TreeItem {
    const layer = this.layer(path);
    const inside = this.document?.inspection.layers.filter((other) => other.path.startsWith(`${path}/`)) ?? [];
    const item = new vscode.TreeItem(layer?.name ?? path);
    if (!layer) return item;
    const opens = inside.length > 0 || layer.weights.length > 0;
    item.id = path;
    item.description = layerDescription(layer, inside);
    item.collapsibleState = opens ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None;
    item.checkboxState = layer.trainable ? vscode.TreeItemCheckboxState.Checked : vscode.TreeItemCheckboxState.Unchecked;
    item.contextValue = layer.trainable ? 'layer.trainable' : 'layer.frozen';
    return item;
  }
}

function weightItem(statistics: WeightStatistics): vscode.TreeItem {
  const item = new vscode.TreeItem(statistics.name);
  item.description = weightDescription(statistics);
  item.contextValue = 'weight';
  return item;
}
