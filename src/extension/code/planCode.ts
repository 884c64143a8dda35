import { findNodeAtLocation, getLocation, parseTree, type Node } from 'jsonc-parser';

/** What is offered above a place of a text. */
export interface Offer {
  /** UTF-16 units from the start of the text */
  readonly offset: number;
  readonly kind: 'open' | 'train all' | 'train phase' | 'freeze' | 'inspect' | 'show';
  /** From 1, of `train phase`. */
  readonly phase?: number;
  /** Path of the layer, of `freeze`, `inspect` and `show`. */
  readonly layer?: string;
}

/** At the top of a plan its model, at its phases their training, where operations and freeze sets name layers these. Empty for a text that is no plan. */
export function planOffers(text: string): Offer[] {
  const root = parseTree(text);
  const phases = root && findNodeAtLocation(root, ['phases']);
  if (!root || !findNodeAtLocation(root, ['model'])) return [];
  return [
    { offset: root.offset, kind: 'open' },
    ...(phases ? [{ offset: phases.offset, kind: 'train all' } as const] : []),
    ...(phases?.children ?? []).map(({ offset }, index): Offer => ({ offset, kind: 'train phase', phase: index + 1 })),
    ...[...namedIn(findNodeAtLocation(root, ['operations'])), ...(phases?.children ?? []).flatMap((phase) => namedIn(findNodeAtLocation(phase, ['freeze'])))],
  ];
}

/** Texts that may name a layer; those that name none are not offered where the model is known. */
function namedIn(node: Node | undefined): Offer[] {
  if (!node) return [];
  if (node.type === 'string') return [{ offset: node.offset, kind: 'show', layer: node.value as string }];
  // Of a property what it holds: its key names no layer.
  const inside = node.type === 'property' ? node.children?.slice(1) : node.children;
  return (inside ?? []).flatMap(namedIn);
}

/** At the top of a TensorFlow.js `model.json` the model, at its layers their flag and weights. */
export function modelOffers(text: string): Offer[] {
  const root = parseTree(text);
  const topology = root && findNodeAtLocation(root, ['modelTopology']);
  if (!root || !topology) return [];
  const config = findNodeAtLocation(topology, ['model_config', 'config']) ?? findNodeAtLocation(topology, ['config']);
  return [{ offset: root.offset, kind: 'open' }, ...(config ? layerOffers(config, '') : [])];
}

/** Layers of nested models follow their model. */
function layerOffers(config: Node, prefix: string): Offer[] {
  const layers = config.type === 'array' ? config : findNodeAtLocation(config, ['layers']);
  return (layers?.children ?? []).flatMap((layer): Offer[] => {
    const name: unknown = findNodeAtLocation(layer, ['config', 'name'])?.value;
    if (typeof name !== 'string') return [];
    const inner = findNodeAtLocation(layer, ['config']);
    const path = prefix + name;
    const nested = inner && findNodeAtLocation(inner, ['layers']) ? layerOffers(inner, `${path}/`) : [];
    return [{ offset: layer.offset, kind: 'freeze', layer: path }, { offset: layer.offset, kind: 'inspect', layer: path }, { offset: layer.offset, kind: 'show', layer: path }, ...nested];
  });
}

/** The text in quotes at a place of a plan, where it may name a layer: in an operation or a freeze set. */
export function layerNameAt(text: string, offset: number): string | null {
  const { path, previousNode, isAtPropertyKey } = getLocation(text, offset);
  const mayName = path[0] === 'operations' || (path[0] === 'phases' && path[2] === 'freeze');
  if (!mayName || isAtPropertyKey || previousNode?.type !== 'string') return null;
  return previousNode.value as string;
}
