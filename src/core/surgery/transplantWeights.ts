import { SurgeryError } from '../errors';
import { ownWeights } from '../layers/forward';
import type { Layer, Model, PlacedLayer, Weight } from '../model/model';
import { walkLayers } from '../model/model';
import { findLayer, mapLayers } from './edit';
import type { Operation, OperationDefinition } from './operation';
import { refused } from './refuse';

type TransplantWeights = Extract<Operation, { op: 'transplantWeights' }>;

/** One layer that takes another's weights, and why these two were put together. */
export interface Transplant {
  /** Path in the model. */
  readonly to: string;
  /** Path in the other model. */
  readonly from: string;
  readonly by: 'name' | 'shape';
}

/** Takes the weights of chosen layers of another model, each of the same shapes. The element types of the model stay. */
export const transplantWeights: OperationDefinition<TransplantWeights> = {
  op: 'transplantWeights',
  async apply(model, { from, layers }, { readWeights }) {
    if (!readWeights) throw refused('Weights cannot be read here.', { expected: 'a context that reads files', where: from });
    const other = await readWeights(from);
    const mapping = layers ?? Object.fromEntries(proposeTransplant(model, other).map((pair) => [pair.to, pair.from]));
    if (Object.keys(mapping).length === 0) throw refused('No layer of the other model fits one of this model.', { expected: 'layers of the same name or the same weight shapes', received: 'none', where: from });
    const given = new Map(Object.entries(mapping).map(([to, source]) => [findLayer(model, to).path, findLayer(other, source)]));
    const edited = mapLayers(model, (layer, path) => take(layer, path, given.get(path)));
    return { model: { ...edited, optimizerVariables: [] }, undo: model };
  },
};

/**
 * Which layers of another model fit which of this one: those of the same path and weight shapes first; then, of the layers
 * that are left on both sides, those of the same class and shapes in their order. None is used twice by shape.
 */
export function proposeTransplant(model: Model, other: Model): Transplant[] {
  const [targets, sources] = [weighted(model), weighted(other)];
  const byPath = new Map(sources.map((placed) => [placed.path, placed]));
  const named = targets.filter((target) => {
    const source = byPath.get(target.path);
    return source && shapesOf(source.layer) === shapesOf(target.layer);
  });
  const pairs = new Map<string, Transplant>(named.map(({ path }) => [path, { to: path, from: path, by: 'name' }]));
  const left = sources.filter(({ path }) => !pairs.has(path));
  for (const target of targets) {
    if (pairs.has(target.path)) continue;
    const at = left.findIndex(({ layer }) => layer.className === target.layer.className && shapesOf(layer) === shapesOf(target.layer));
    if (at >= 0) pairs.set(target.path, { to: target.path, from: left.splice(at, 1)[0].path, by: 'shape' });
  }
  return targets.flatMap(({ path }) => pairs.get(path) ?? []);
}

function weighted(model: Model): PlacedLayer[] {
  return [...walkLayers(model)].filter(({ path, layer }) => ownWeights(path, layer).length > 0);
}

function shapesOf(layer: Layer): string {
  return JSON.stringify(ownWeights(layer.name, layer).map(({ weight }) => weight.shape));
}

function take(layer: Layer, path: string, source: PlacedLayer | undefined): Layer {
  if (!source) return layer;
  const [own, given] = [ownWeights(path, layer), ownWeights(source.path, source.layer)].map((list) => list.map(({ weight }) => weight));
  if (own.length === 0 || shapesOf(layer) !== shapesOf(source.layer) || own.some(({ dtype }, index) => dtype !== given[index].dtype)) {
    throw new SurgeryError('weight-mismatch', `The weights of ${source.path} do not fit into ${path}.`, { expected: show(own), received: show(given), where: path });
  }
  return { ...layer, weights: layer.weights.map((weight) => (own.includes(weight) ? { ...weight, bytes: given[own.indexOf(weight)].bytes } : weight)) };
}

function show(weights: readonly Weight[]): string {
  return weights.map(({ name, dtype, shape }) => `${name} ${dtype} [${shape.join(', ')}]`).join(', ') || 'no weights';
}
