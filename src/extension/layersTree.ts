import * as vscode from 'vscode';
import { SurgeryError } from '../core/errors';
import type { LayerInspection } from '../core/inspect/inspection';
import type { LayerPull } from '../core/run/proposeFreeze';
import type { WeightStatistics } from '../protocol/workerCalls';
import type { SurgeryDocument } from './document';
import { commandIds } from './ids';
import { histogramText, layerDescription, layerState, pullText, pullWords, weightDescription, weightFigures } from './layerText';

interface LayerRow { readonly kind: 'layer'; readonly path: string }
interface WeightRow { readonly kind: 'weight'; readonly path: string; readonly index: number; readonly statistics: WeightStatistics }
/** A row: a layer by its path, or one weight of a layer. */
export type LayerNode = LayerRow | WeightRow;

/** What *Suggest Freeze* measured. */
interface Pulls {
  /** Of the model, data and loss that it was measured with. */
  readonly key: string;
  readonly of: ReadonlyMap<string, LayerPull>;
  readonly most: number;
}

/** The tree Layers. It draws the document, never the click. */
export class LayersTree implements vscode.TreeDataProvider<LayerNode> {
  private document: SurgeryDocument | null = null;
  private rows = new Map<string, LayerRow>();
  /** What each row was last drawn from. */
  private drawn = new Map<string, string>();
  private base = '';
  private pulls: Pulls | null = null;
  private readonly changed = new vscode.EventEmitter<LayerNode | LayerNode[] | undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  /** Another model, or the same with other layers: the whole tree is drawn again. */
  show(document: SurgeryDocument | null): void {
    this.document = document;
    this.dropOldPulls();
    this.rows = new Map((document?.inspection.layers ?? []).map(({ path }) => [path, { kind: 'layer', path }]));
    this.drawn = this.look();
    this.base = document?.weightsKey ?? '';
    this.changed.fire(undefined);
  }

  /** Draws the rows that differ and not the tree, because a click on a checkbox is lost while the tree is drawn. */
  repaint(): void {
    this.dropOldPulls();
    const now = this.look();
    const sameLayers = now.size === this.rows.size && [...now.keys()].every((path) => this.rows.has(path));
    if (!this.document || !sameLayers || this.document.weightsKey !== this.base) {
      this.show(this.document);
      return;
    }
    const differing = [...this.rows.values()].filter(({ path }) => now.get(path) !== this.drawn.get(path));
    this.drawn = now;
    if (differing.length > 0) this.changed.fire(differing);
  }

  /** Draws these rows as the document has them: a click that was refused left a box that says otherwise. */
  restore(paths: readonly string[]): void {
    const rows = paths.flatMap((path) => this.rows.get(path) ?? []);
    if (rows.length > 0) this.changed.fire(rows);
  }

  /** Draws beside the layers how much they are pulled, until the model, its data or its loss are others. */
  showPulls(document: SurgeryDocument, pulls: readonly LayerPull[]): void {
    // Another model was opened while these were computed.
    if (document !== this.document) return;
    const most = pulls.reduce((best, { relativeGradient }) => Math.max(best, relativeGradient), 0);
    this.pulls = { key: pullsKey(document), of: new Map(pulls.map((pull) => [pull.path, pull])), most };
    this.repaint();
  }

  /** The row of a layer. Throws `layer-unknown`. */
  rowOf(path: string): LayerNode {
    const row = this.rows.get(path);
    if (row) return row;
    throw new SurgeryError('layer-unknown', 'The open model has no such layer', { received: path });
  }

  getParent(node: LayerNode): LayerNode | undefined {
    return node.kind === 'weight' ? this.rows.get(node.path) : this.parentOf(node.path);
  }

  async getChildren(node?: LayerNode): Promise<LayerNode[]> {
    if (!this.document || node?.kind === 'weight') return [];
    const inner = [...this.rows.values()].filter(({ path }) => this.parentOf(path) === node);
    if (!node || !this.layer(node.path)?.weights.length) return inner;
    const weights = await this.document.weights(node.path);
    return [...weights.map((statistics, index): LayerNode => ({ kind: 'weight', path: node.path, index, statistics })), ...inner];
  }

  getTreeItem(node: LayerNode): vscode.TreeItem {
    return node.kind === 'weight' ? weightItem(node) : this.layerItem(node.path);
  }

  /** The histogram is asked for when the pointer rests on the row. */
  async resolveTreeItem(item: vscode.TreeItem, node: LayerNode): Promise<vscode.TreeItem> {
    const layer = this.layer(node.path);
    if (node.kind === 'weight' || !layer || !this.document) return item;
    const weights = layer.weights.length > 0 ? await this.document.weights(node.path) : [];
    item.tooltip = layerTooltip(layer, weights);
    return item;
  }

  dispose(): void {
    this.changed.dispose();
  }

  /** The innermost model around a layer. A name with a slash in it, which Keras refuses, hides no row. */
  private parentOf(path: string): LayerRow | undefined {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const row = this.rows.get(path.slice(0, end));
      if (row) return row;
    }
    return undefined;
  }

  private layer(path: string): LayerInspection | undefined {
    return this.document?.inspection.layers.find((layer) => layer.path === path);
  }

  private inside(path: string): readonly LayerInspection[] {
    return this.document?.inspection.layers.filter((other) => other.path.startsWith(`${path}/`)) ?? [];
  }

  private opens(layer: LayerInspection): boolean {
    return layer.weights.length > 0 || this.inside(layer.path).length > 0;
  }

  private look(): Map<string, string> {
    const layers = this.document?.inspection.layers ?? [];
    return new Map(layers.map((layer) => [layer.path, `${layer.trainable} ${this.describe(layer, pullText)}`]));
  }

  /** The pull stands first: a narrow side bar cuts the end off. */
  private describe(layer: LayerInspection, say: typeof pullText): string {
    const described = layerDescription(layer, this.inside(layer.path));
    const pull = this.pulls?.of.get(layer.path);
    return this.pulls && pull ? `${say(pull, this.pulls.most)} · ${described}` : described;
  }

  /** Where a bar of blocks is drawn, words stand for it. */
  private speak(item: vscode.TreeItem, layer: LayerInspection): void {
    if (this.pulls?.of.has(layer.path)) item.accessibilityInformation = { label: `${layer.name} ${this.describe(layer, pullWords)}` };
  }

  private dropOldPulls(): void {
    if (this.pulls && (!this.document || pullsKey(this.document) !== this.pulls.key)) this.pulls = null;
  }

  private layerItem(path: string): vscode.TreeItem {
    const layer = this.layer(path);
    // A string label is plain text; nothing of a model's names is ever markdown.
    const item = new vscode.TreeItem(layer?.name ?? path);
    if (!layer) return item;
    const { Checked, Unchecked } = vscode.TreeItemCheckboxState;
    item.id = path;
    item.description = this.describe(layer, pullText);
    this.speak(item, layer);
    item.collapsibleState = this.opens(layer) ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None;
    // No tooltip: one would lie over the next row's box after a click.
    item.checkboxState = {
      state: layer.trainable ? Checked : Unchecked,
      accessibilityInformation: { label: `${layer.name} trainable`, role: 'checkbox' },
    };
    item.contextValue = `layer.${layer.trainable ? 'trainable' : 'frozen'}${layer.weights.length > 0 ? '.weights' : ''}`;
    item.iconPath = new vscode.ThemeIcon(layer.effectiveTrainable ? 'unlock' : 'lock');
    return item;
  }
}

/** Gradients are measured with everything unfrozen, so flags do not count. */
function pullsKey({ source, weightsKey, plan }: SurgeryDocument): string {
  return JSON.stringify([source.path, weightsKey, plan?.data, plan?.compile]);
}

function weightItem({ path, index, statistics }: WeightRow): vscode.TreeItem {
  const item = new vscode.TreeItem(statistics.name);
  // A row of its own, so that a layer inside may bear a weight's name.
  item.id = `${path}//${index}`;
  item.description = weightDescription(statistics);
  item.tooltip = new vscode.MarkdownString().appendText(`${path} ${statistics.name}`).appendCodeblock(`${weightFigures(statistics)}\n${histogramText(statistics.histogram)}`, 'text');
  item.contextValue = 'weight';
  item.iconPath = new vscode.ThemeIcon('symbol-array');
  item.command = { command: commandIds.inspectWeights, title: 'Inspect Weights', arguments: [path] };
  return item;
}

function layerTooltip(layer: LayerInspection, weights: readonly WeightStatistics[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString().appendText(`${layer.path}\n${layer.class}\n${layerState(layer)}`);
  for (const weight of weights) {
    text.appendMarkdown('\n\n').appendText(`${weight.name} ${weightDescription(weight)}`).appendCodeblock(`${weightFigures(weight)}\n${histogramText(weight.histogram)}`, 'text');
  }
  return text;
}
