import { SurgeryError } from '../errors';
import type { Argument, Call, Layer, Model, Network, NetworkOutput, TensorRef } from '../model/model';
import { isEffectivelyTrainable, walkLayers, type PlacedLayer } from '../model/model';

/** Changes the layer that stands at `path` and every parent on the way to it; everything else is shared with the old model. */
export function editLayer(model: Model, path: string, edit: (layer: Layer) => Layer): Model {
  return withNetwork(model, editIn(model.root.network, path, edit));
}

/** Changes the network that holds `path`'s layer. The root's network has the path ''. */
export function editNetwork(model: Model, path: string, edit: (network: Network) => Network): Model {
  if (path === '') return withNetwork(model, edit(model.root.network));
  return editLayer(model, path, (layer) => (layer.network ? { ...layer, network: edit(layer.network) } : layer));
}

/** A new model around a new outermost network. */
function withNetwork(model: Model, network: Network): Model {
  return { ...model, root: { ...model.root, network } };
}

/** Changes every layer, inner ones first. */
export function mapLayers(model: Model, edit: (layer: Layer, path: string) => Layer): Model {
  const mapNetwork = (network: Network, prefix: string): Network => ({
    ...network,
    layers: network.layers.map((layer) => {
      const path = prefix + layer.name;
      const inner = layer.network ? { ...layer, network: mapNetwork(layer.network, `${path}/`) } : layer;
      return edit(inner, path);
    }),
  });
  return withNetwork(model, mapNetwork(model.root.network, ''));
}

function editIn(network: Network, path: string, edit: (layer: Layer) => Layer): Network {
  const layers = network.layers.map((layer) => {
    if (layer.name === path) return edit(layer);
    if (!layer.network || !path.startsWith(`${layer.name}/`)) return layer;
    return { ...layer, network: editIn(layer.network, path.slice(layer.name.length + 1), edit) };
  });
  return { ...network, layers };
}

/** The layer at a path. Throws `layer-unknown`, naming paths that are close to it. */
export function findLayer(model: Model, path: string): PlacedLayer {
  const placed = [...walkLayers(model)];
  const found = placed.find((candidate) => candidate.path === path);
  if (found) return found;
  throw unknownLayer(path, placed.map((candidate) => candidate.path));
}

/** Path of the network that holds the layer: '' for the root's. */
export function parentPath(placed: PlacedLayer): string {
  return placed.path.slice(0, Math.max(0, placed.path.length - placed.layer.name.length - 1));
}

/** The innermost network around a layer. */
export function networkOf(placed: PlacedLayer): Network {
  const parent = placed.parents.at(-1);
  if (!parent?.network) throw new SurgeryError('internal', 'A layer stands in no network.', { where: placed.path });
  return parent.network;
}

export function unknownLayer(path: string, known: readonly string[]): SurgeryError {
  const close = closest(path, known);
  return new SurgeryError('layer-unknown', `The model has no layer ${JSON.stringify(path)}.`, {
    expected: close.length > 0 ? `one of its layers, such as ${close.join(', ')}` : 'the path of one of its layers',
    received: path,
    where: path,
  });
}

/** The three nearest words by edit distance, upper and lower case alike. */
function closest(word: string, words: readonly string[]): string[] {
  const lower = word.toLowerCase();
  return words
    .map((candidate) => ({ candidate, distance: editDistance(lower, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Changes every tensor that an argument reads. */
export function mapArgument(argument: Argument, edit: (ref: TensorRef) => TensorRef): Argument {
  switch (argument.kind) {
    case 'tensor':
      return edit(argument);
    case 'list':
      return { kind: 'list', items: argument.items.map((item) => mapArgument(item, edit)) };
    case 'dict':
      return { kind: 'dict', items: mapValues(argument.items, (item) => mapArgument(item, edit)) };
    case 'value':
      return argument;
  }
}

/** Every tensor that a call reads, positional ones first. */
export function tensorsOf(call: Call): TensorRef[] {
  const found: TensorRef[] = [];
  const collect = (ref: TensorRef): TensorRef => {
    found.push(ref);
    return ref;
  };
  call.args.forEach((argument) => mapArgument(argument, collect));
  Object.values(call.kwargs).forEach((argument) => mapArgument(argument, collect));
  return found;
}

/** The tensors that a call computes with: masks, which Keras hands along by name, are none of them. */
export function dataOf(call: Call): TensorRef[] {
  return tensorsOf({ ...call, kwargs: Object.fromEntries(Object.entries(call.kwargs).filter(([name]) => !isMask(name))) });
}

/** `mask`, and `attention_mask` and its like of attention layers. */
function isMask(name: string): boolean {
  return name === 'mask' || name.endsWith('_mask');
}

/** Changes every tensor reference of a graph: what calls read and what the network gives. Layers stay. */
export function mapRefs(network: Network, edit: (ref: TensorRef) => TensorRef): Network {
  return {
    ...network,
    calls: network.calls.map((call) => ({
      ...call,
      args: call.args.map((argument) => mapArgument(argument, edit)),
      kwargs: mapValues(call.kwargs, (argument) => mapArgument(argument, edit)),
    })),
    outputs: network.outputs.map((output) => redirect(output, edit(output.ref))),
  };
}

/** An output that reads another layer takes that layer's name, as Keras names outputs. */
function redirect(output: NetworkOutput, ref: TensorRef): NetworkOutput {
  return ref.layer === output.ref.layer ? { ...output, ref } : { name: ref.layer, ref };
}

export function mapValues<A, B>(record: Readonly<Record<string, A>>, edit: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, edit(value)]));
}

/** Optimizer slots belong to the trainable variables in their order: where that set changes they mean nothing any more. */
export function keepOptimizer(before: Model, after: Model): Model {
  if (after.optimizerVariables.length === 0 || trainableSet(before) === trainableSet(after)) return after;
  return { ...after, optimizerVariables: [] };
}

function trainableSet(model: Model): string {
  const shapes = [...walkLayers(model)].flatMap((placed) =>
    isEffectivelyTrainable(placed)
      ? placed.layer.weights.filter(({ trainable }) => trainable).map(({ name, shape }) => [name, shape])
      : [],
  );
  return JSON.stringify([[...walkLayers(model)].map((placed) => isEffectivelyTrainable(placed)), shapes]);
}
