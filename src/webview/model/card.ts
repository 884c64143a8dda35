import type { LayerInspection } from '../../core/inspect/inspection';
import type { WeightStatistics } from '../../protocol/workerCalls';
import { element, showNumber, showShape } from '../dom';
import type { Size } from './arrange';
import { histogram } from './histogram';
import type { GraphNode } from './layerGraph';

/** What is shown of a node beside what it is. */
export interface CardState {
  /** A nested model that shows what it holds. */
  readonly open: boolean;
  /** A layer that shows the figures of its weights. */
  readonly expanded: boolean;
  /** The arrows stand here. */
  readonly current: boolean;
  /** Null until they are known. */
  readonly statistics: readonly WeightStatistics[] | null;
}

export interface CardActions {
  readonly toggle: (node: GraphNode) => void;
  /** Opens and closes a nested model, or the figures of a layer's weights. */
  readonly unfold: (node: GraphNode) => void;
  readonly openWeights: (node: GraphNode) => void;
  readonly goTo: (node: GraphNode) => void;
}

/** px */
const [width, height, weightHeight] = [290, 88, 158];
/** Further weights are scrolled to. */
const mostWeights = 4;

export function cardSize({ layer }: GraphNode, expanded: boolean): Size {
  if (!layer) return { width: 130, height: 34 };
  return { width, height: height + (expanded ? weightHeight * Math.min(layer.weights.length, mostWeights) : 0) };
}

/** A nested model, or a layer whose weights can be shown. */
export function canUnfold({ layer, inside }: GraphNode): boolean {
  return inside.length > 0 || (layer?.weights.length ?? 0) > 0;
}

/** Fills the list item of a node. Everything of the model is text. */
export function drawCard(item: HTMLElement, node: GraphNode, state: CardState, actions: CardActions): void {
  const { layer } = node;
  item.className = ['layer', ...(layer && !layer.effectiveTrainable ? ['frozen'] : []), ...(layer ? [] : ['operation']), ...(state.open ? ['open'] : []), ...(state.current ? ['current'] : [])].join(' ');
  // A button inside does what it says and keeps the focus.
  item.onclick = ({ target }) => { if (!(target as Element).closest('button:not(.toggle)')) actions.goTo(node); };
  if (!layer) {
    item.replaceChildren(element('span', { class: 'name', 'data-focus': true, tabindex: state.current ? '0' : '-1' }, [node.name]), connections(node));
    return;
  }
  const fact = (text: string): HTMLElement => element('span', {}, [text]);
  const name = element('span', { class: 'name', title: layer.path }, [layer.name]);
  const head = element('div', { class: 'head' }, [toggle(node, layer, state, actions), name, ...(canUnfold(node) ? [opener(node, state, actions)] : [])]);
  const facts = element('div', { class: 'facts' }, [fact(layer.class), fact(showShape(layer.outputShape))]);
  const counts = element('div', { class: 'facts' }, [fact(`${layer.parameters.toLocaleString()} parameters`), ...sparkline(layer, state)]);
  item.replaceChildren(head, facts, counts, element('div', { class: 'because' }, [whyFrozen(node, layer)]), connections(node), ...(state.expanded ? [figures(node, layer, state, actions)] : []));
}

function toggle(node: GraphNode, layer: LayerInspection, { current }: CardState, actions: CardActions): HTMLElement {
  const button = element('button', {
    class: 'toggle', role: 'checkbox', 'aria-checked': String(layer.trainable), 'aria-label': layer.name, 'data-focus': true, tabindex: current ? '0' : '-1',
    title: layer.trainable ? 'trainable: click to freeze' : 'frozen: click to unfreeze',
  });
  button.addEventListener('click', () => actions.toggle(node));
  return button;
}

function opener(node: GraphNode, { open, expanded, current }: CardState, actions: CardActions): HTMLElement {
  const unfolded = open || expanded;
  const what = node.inside.length > 0 ? node.name : `weights of ${node.name}`;
  const button = element('button', { class: 'opener', 'aria-expanded': String(unfolded), 'aria-label': `${unfolded ? 'close' : 'open'} ${what}`, tabindex: current ? '0' : '-1' }, [unfolded ? '▾' : '▸']);
  button.addEventListener('click', () => actions.unfold(node));
  return button;
}

function whyFrozen({ inside }: GraphNode, { opaque, frozenBecause }: LayerInspection): string {
  const reasons = opaque === null ? [] : [`cannot be run: ${opaque}`];
  if (frozenBecause !== null) return [...reasons, frozenBecause === 'own flag' ? 'frozen by its own flag' : frozenBecause].join(' · ');
  const layers = inside.flatMap(allInside);
  const on = layers.filter(({ effectiveTrainable }) => effectiveTrainable).length;
  return [...reasons, ...(layers.length > 0 ? [on < layers.length ? `${on} of ${layers.length} trainable` : `${layers.length} layers inside`] : [])].join(' · ');
}

function allInside({ layer, inside }: GraphNode): readonly LayerInspection[] {
  return [...(layer ? [layer] : []), ...inside.flatMap(allInside)];
}

/** For who does not see the lines. */
function connections({ before, after }: GraphNode): HTMLElement {
  const names = (nodes: readonly GraphNode[]): string => nodes.map(({ name }) => name).join(', ');
  const words = [...(before.length > 0 ? [`after ${names(before)}`] : []), ...(after.length > 0 ? [`before ${names(after)}`] : [])];
  return element('span', { class: 'unseen' }, [words.join('; ')]);
}

function sparkline({ weights }: LayerInspection, { statistics }: CardState): readonly (HTMLElement | SVGSVGElement)[] {
  const first = statistics?.at(0);
  if (weights.length === 0) return [];
  return first ? [histogram(first, 84, 20)] : [element('span', { class: 'waiting' })];
}

function figures(node: GraphNode, { name, weights }: LayerInspection, { statistics }: CardState, actions: CardActions): HTMLElement {
  const list = element('ul', { class: 'weights', 'aria-label': `weights of ${name}`, tabindex: weights.length > mostWeights ? '0' : false });
  for (const [index, weight] of weights.entries()) {
    const open = element('button', { class: 'weight', title: 'open in panel Weights' }, [weight.name]);
    open.addEventListener('click', () => actions.openWeights(node));
    const head = element('div', { class: 'facts' }, [open, element('span', {}, [`${showShape(weight.shape)} ${weight.dtype}`])]);
    const known = statistics?.at(index);
    list.append(element('li', {}, known ? [head, figureList(known), histogram(known, 262, 44)] : [head, statistics ? 'cannot be read' : 'reading …']));
  }
  return list;
}

function figureList(weight: WeightStatistics): HTMLElement {
  const rows: readonly (readonly [string, number])[] = [
    ['mean', weight.mean], ['std', weight.std], ['norm', weight.norm], ['min', weight.min], ['max', weight.max], ['zeros', weight.zeros], ['NaN', weight.nan], ['Inf', weight.inf],
  ];
  return element('dl', {}, rows.map(([term, value]) => element('div', {}, [element('dt', {}, [term]), element('dd', { title: String(value) }, [showNumber(Number(value.toPrecision(4)))])])));
}
