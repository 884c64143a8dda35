import type { KerasShape } from '../layers/layer';
import type { JsonObject } from '../model/json';
import type { Model, Network, PlacedLayer } from '../model/model';
import { editNetwork, findLayer, keepOptimizer, networkOf, parentPath } from './edit';
import { requireFit, specAt } from './fit';
import { layerCatalogue } from './layerCatalogue';
import { freeName, snakeName } from './names';
import { newLayer } from './newLayer';
import type { Operation, OperationDefinition } from './operation';
import { placeOf, putLayer, readsAt, type Place } from './placing';
import { reconnect } from './reconnect';
import { refreshShapes } from './refreshShapes';
import { refused } from './refuse';
import { moveSettings } from './removeLayers';
import { requireName } from './rename';

type InsertLayer = Extract<Operation, { op: 'insertLayer' }>;

/** Puts a new layer of the catalogue behind a layer, for all that read it, or before one. Behind an output layer it is the output. */
export const insertLayer: OperationDefinition<InsertLayer> = {
  op: 'insertLayer',
  apply(model, operation, { seed }) {
    const place = placeOf(operation);
    const placed = findLayer(model, place.anchor);
    const network = networkOf(placed);
    const inside: Place = { ...place, anchor: placed.layer.name };
    if (placed.layer.className === 'InputLayer' && place.side === 'before') throw refused('Nothing can stand before an input.', { expected: 'a place after the input', where: placed.path });
    const shape = shapeAt(network, inside, placed);
    const name = nameFor(model, network, operation);
    const above = parentPath(placed);
    const layer = newLayer({ name, path: above === '' ? name : `${above}/${name}`, className: operation.class, config: configFor(operation, shape), inputs: [shape], seed });
    const edited = editNetwork(model, above, (current) => reconnect(putLayer(current, layer, inside)));
    requireFit(edited);
    return { model: keepOptimizer(model, moveSettings(model, refreshShapes(edited))), undo: model };
  },
};

function nameFor(model: Model, network: Network, operation: InsertLayer): string {
  if (operation.name === undefined) return freeName(model, snakeName(operation.class));
  requireName(operation.name, network, 'name');
  return operation.name;
}

/** What the new layer reads; every call of a shared neighbour must give the same. */
function shapeAt(network: Network, { side, anchor }: Place, placed: PlacedLayer): KerasShape {
  const shapes = readsAt(network, side, anchor).map((ref) => specAt(network, ref).shape);
  const [first] = shapes;
  if (first && shapes.every((shape) => JSON.stringify(shape) === JSON.stringify(first))) return first;
  throw refused('What the new layer would read has no known shape, or several.', { expected: 'a place behind layers that can be run', where: placed.path });
}

function configFor({ class: className, config = {} }: InsertLayer, shape: KerasShape): JsonObject {
  const entry = layerCatalogue.find((each) => each.class === className);
  if (!entry) throw refused('The catalogue has no such layer.', { expected: `one of ${layerCatalogue.map((each) => each.class).join(', ')}`, received: className, where: 'class' });
  if ('name' in config || 'trainable' in config) throw refused('Name and flag of a layer are no part of its config here.', { expected: 'a config without name and trainable', where: 'config' });
  const { asWide } = entry;
  const first = config['data_format'] === 'channels_first';
  const width = first ? shape[1] : shape.at(-1);
  const wide = asWide !== undefined && typeof width === 'number' && !(asWide in config) ? { [asWide]: width } : {};
  return { ...entry.config, ...wide, ...config };
}
