import type { Network } from '../model/model';
import { editNetwork, findLayer, keepOptimizer, networkOf, parentPath } from './edit';
import { requireFit } from './fit';
import type { Operation, OperationDefinition } from './operation';
import { placeOf, putLayer, type Place } from './placing';
import { reconnect } from './reconnect';
import { refreshShapes } from './refreshShapes';
import { refused } from './refuse';
import { bypass, moveSettings } from './removeLayers';

type MoveLayer = Extract<Operation, { op: 'moveLayer' }>;

/** Takes a layer out and puts it, with its weights, elsewhere in the same network. Refused where what then stands together does not fit. */
export const moveLayer: OperationDefinition<MoveLayer> = {
  op: 'moveLayer',
  apply(model, operation) {
    const place = placeOf(operation);
    const [placed, anchor] = [findLayer(model, operation.layer), findLayer(model, place.anchor)];
    const above = parentPath(placed);
    const isInput = (className: string): boolean => className === 'InputLayer';
    if (isInput(placed.layer.className)) throw refused('An input stays where it is.', { expected: 'a layer that computes', where: placed.path });
    if (isInput(anchor.layer.className) && place.side === 'before') throw refused('Nothing can stand before an input.', { expected: 'a place after the input', where: anchor.path });
    if (above !== parentPath(anchor)) throw refused('A layer moves within its own model only.', { expected: `a layer beside ${placed.path}`, received: anchor.path, where: placed.path });
    if (placed.path === anchor.path) throw refused('A layer cannot stand beside itself.', { expected: 'another layer', received: anchor.path, where: placed.path });
    requireOnce(networkOf(placed), placed.layer.name);
    const edited = editNetwork(model, above, (network) => moved(network, placed.layer.name, { ...place, anchor: anchor.layer.name }));
    requireFit(edited);
    return { model: keepOptimizer(model, moveSettings(model, refreshShapes(edited))), undo: model };
  },
};

function requireOnce({ calls }: Network, name: string): void {
  const times = calls.filter(({ layer }) => layer === name).length;
  if (times !== 1) throw refused('The layer is shared: it is not clear which of its calls moves.', { expected: 'a layer that is called once', received: `${times} calls`, where: name });
}

function moved(network: Network, name: string, place: Place): Network {
  const layer = network.layers.find((each) => each.name === name);
  const rest: Network = { ...network, layers: network.layers.filter((each) => each.name !== name) };
  if (!layer) return network;
  return reconnect(putLayer(network.kind === 'sequential' ? rest : bypass(rest, new Set([name])), layer, place));
}
