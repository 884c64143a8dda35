import '../page.css';
import type { ModelPageCalls, ModelPageEvents, ModelPageState } from '../../protocol/pageCalls';
import { byId, element } from '../dom';
import { connectToHost, keptView } from '../hostChannel';
import { canUnfold, cardSize, type CardState } from './card';
import { Drawing } from './drawing';
import { Find } from './find';
import { LayerGraph, parentsOf, type GraphNode } from './layerGraph';
import { layOut, type Layout } from './layout';
import { move, type Direction } from './moves';
import { Statistics } from './statistics';

const arrows: Partial<Record<string, Direction>> = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right' };

/** The model editor: the layers as a graph, each with its freeze toggle. It keeps only what is open and where one stands. */
class ModelPage {
  private readonly channel = connectToHost<ModelPageCalls, ModelPageEvents>({ changed: () => void this.refresh().catch(showFailure) });
  private readonly view = byId('graph');
  private readonly unfolded: Set<string>;
  private graph = new LayerGraph({ layers: [] }, { networks: [] });
  private layout: Layout = layOut([], { sizeOf: () => ({ width: 0, height: 0 }), isOpen: () => false });
  private current: string | null;
  private readonly statistics = new Statistics({
    ask: (layer) => this.channel.ask('weights', { layer }), onKnown: () => this.drawing.show(this.layout, this.currentNode), onFailed: showFailure,
  });
  private readonly drawing: Drawing = new Drawing({
    view: this.view, list: byId('layers'), lines: document.querySelector<SVGElement>('#edges') ?? document.createElementNS('http://www.w3.org/2000/svg', 'svg'),
    stateOf: (node) => this.stateOf(node),
    onSeen: (nodes) => this.statistics.want(nodes.flatMap(({ layer }) => layer ?? []), ({ path }) => this.unfolded.has(path)),
    actions: {
      toggle: (node) => this.toggle(node), unfold: (node) => this.unfold(node),
      openWeights: (node) => void this.channel.ask('openWeights', { layer: node.path }).catch(showFailure),
      goTo: (node) => this.standOn(node),
    },
  });
  private readonly find = new Find({ nodes: () => this.graph.all, goTo: (node) => this.goTo(node), leave: () => this.drawing.focus() });

  constructor() {
    const { unfolded, current } = keptView.read();
    this.unfolded = new Set(Array.isArray(unfolded) ? unfolded.map(String) : []);
    this.current = typeof current === 'string' ? current : null;
  }

  async start(): Promise<void> {
    document.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key === '/' ? this.find.focus() : this.onKey(event)) event.preventDefault();
    });
    // A click into VS Code's editor area focuses the page, not a layer.
    window.addEventListener('focus', () => { if (document.activeElement === document.body) this.drawing.focus(); });
    this.view.addEventListener('scroll', () => this.keep(), { passive: true });
    const { scrollTop, scrollLeft } = keptView.read();
    await this.refresh();
    this.view.scrollTo({ top: Number(scrollTop ?? 0), left: Number(scrollLeft ?? 0) });
    if (document.hasFocus() && document.activeElement === document.body) this.drawing.focus();
  }

  private async refresh(): Promise<void> {
    const state = await this.channel.ask('state', null);
    this.statistics.keepFor(state.weightsKey);
    this.graph = new LayerGraph(state.inspection, state.graph);
    this.showHead(state);
    this.redraw();
  }

  private showHead({ inspection, compileState, file, problem }: ModelPageState): void {
    const { total, trainable, frozen } = inspection.parameters;
    byId('title').textContent = file;
    byId('summary').textContent = `${inspection.class} ${inspection.name} · ${total.toLocaleString()} parameters: ${trainable.toLocaleString()} trainable, ${frozen.toLocaleString()} frozen · Keras ${inspection.kerasVersion}`;
    byId('compile').textContent = compileState;
    byId('problems').replaceChildren(...inspection.problems.map(({ message, where }) => element('li', {}, [where ? `${where}: ${message}` : message])));
    byId('failure').textContent = problem === null ? '' : `Shown as it was read last: ${problem}`;
  }

  private get currentNode(): GraphNode | null {
    return (this.current === null ? null : this.graph.node(this.current)) ?? this.graph.top.at(0) ?? null;
  }

  private stateOf(node: GraphNode): CardState {
    const unfolded = this.unfolded.has(node.path);
    const isModel = node.inside.length > 0;
    return { open: unfolded && isModel, expanded: unfolded && !isModel, current: node === this.currentNode, statistics: this.statistics.get(node.path) };
  }

  /** Lays everything out again; the node that the arrows stand on stays where it is on the screen. */
  private redraw(): void {
    const node = this.currentNode;
    const topOf = (layout: Layout): number | undefined => layout.placed.find((each) => each.node.path === node?.path)?.top;
    const before = topOf(this.layout);
    this.layout = layOut(this.graph.top, {
      sizeOf: (each) => cardSize(each, this.unfolded.has(each.path) && each.inside.length === 0),
      isOpen: ({ path, inside }) => inside.length > 0 && this.unfolded.has(path),
    });
    this.drawing.show(this.layout, node);
    const after = topOf(this.layout);
    if (before !== undefined && after !== undefined && after !== before) this.view.scrollTop += after - before;
    this.keep();
  }

  private toggle({ layer }: GraphNode): void {
    if (layer) void this.channel.ask('setTrainable', { layer: layer.path, trainable: !layer.trainable }).catch(showFailure);
  }

  private unfold(node: GraphNode): void {
    if (!canUnfold(node)) return;
    this.current = node.path;
    if (!this.unfolded.delete(node.path)) this.unfolded.add(node.path);
    this.redraw();
    this.drawing.reveal(node);
  }

  /** Makes it the one that the arrows stand on; the models around it open. */
  private goTo(node: GraphNode): void {
    const closed = parentsOf(node).filter(({ path }) => !this.unfolded.has(path));
    for (const { path } of closed) this.unfolded.add(path);
    this.current = node.path;
    if (closed.length > 0) this.redraw();
    else this.drawing.show(this.layout, node);
    this.drawing.reveal(node);
    this.keep();
  }

  private standOn(node: GraphNode): void {
    this.goTo(node);
    this.drawing.focus();
  }

  /** Whether the key meant something: where nothing has the focus it means the layer that the arrows stand on. */
  private onKey({ key, target }: KeyboardEvent): boolean {
    const node = this.currentNode;
    if (!node) return false;
    const onCard = target === document.body || (target as HTMLElement).hasAttribute('data-focus');
    return this.moved(key, node) || (onCard && this.acted(key, node));
  }

  private moved(key: string, node: GraphNode): boolean {
    const direction = arrows[key];
    const ends: Partial<Record<string, GraphNode | undefined>> = { Home: this.graph.top.at(0), End: this.graph.top.filter(({ layer }) => layer).at(-1) };
    const next = direction ? move(this.layout, node, direction) : ends[key];
    if (next) this.standOn(next);
    return direction !== undefined || next !== undefined;
  }

  /** Space on a toggle clicks it; so would Enter, which here opens. */
  private acted(key: string, node: GraphNode): boolean {
    if (key.toLowerCase() === 'e' || (key === 'Enter' && node.inside.length > 0)) this.unfold(node);
    else if (key === 'Enter') this.openWeights(node);
    else return false;
    return true;
  }

  private openWeights({ layer }: GraphNode): void {
    if (layer && layer.weights.length > 0) void this.channel.ask('openWeights', { layer: layer.path }).catch(showFailure);
  }

  private keep(): void {
    keptView.write({ unfolded: [...this.unfolded], current: this.current, scrollTop: this.view.scrollTop, scrollLeft: this.view.scrollLeft });
  }
}

function showFailure(thrown: unknown): void {
  byId('failure').textContent = thrown instanceof Error ? thrown.message : String(thrown);
}

void new ModelPage().start().catch(showFailure);
