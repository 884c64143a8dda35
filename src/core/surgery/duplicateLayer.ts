import type { Layer, Network } from '../model/model';
import { dataOf, editNetwork, findLayer, keepOptimizer, networkOf, parentPath } from './edit';
import { requireFit } from './fit';
import { withOwnMaskNames } from './maskNames';
import { freeName } from './names';
import type { Operation, OperationDefinition } from './operation';
import { putLayer } from './placing';
import { mapCall, reconnect, sameRef } from './reconnect';
import { refreshShapes } from './refreshShapes';
import { refused } from './refuse';
import { moveSettings } from './removeLayers';
import { requireName } from './rename';

type DuplicateLayer = Extract<Operation, { op: 'duplicateLayer' }>;

/** Puts a copy of a layer, with copies of its weights, right behind it. Refused where a layer cannot read what it gives. */
export const duplicateLayer: OperationDefinition<DuplicateLayer> = {
  op: 'duplicateLayer',
  apply(model, { layer: path, name: wanted }) {
    const placed = findLayer(model, path);
    if (placed.layer.className === 'InputLayer') throw refused('An input is not duplicated.', { expected: 'a layer that computes', where: path });
    if (wanted !== undefined) requireName(wanted, networkOf(placed), 'name');
    const name = wanted ?? freeName(model, `${placed.layer.name}_copy`);
    const copy: Layer = { ...placed.layer, name, config: { ...placed.layer.config, name } };
    const edited = editNetwork(model, parentPath(placed), (network) => reconnect(withCopy(network, placed.layer, copy)));
    requireFit(edited);
    return { model: keepOptimizer(model, moveSettings(model, refreshShapes(edited))), undo: model };
  },
};

/** The copy is called as the layer is, masks and all, with what the layer gives in the place of what that reads. */
function withCopy(given: Network, { name }: Layer, copy: Layer): Network {
  // The call that is copied names its masks as the network does in which the copy stands.
  const network = withOwnMaskNames(given);
  const put = putLayer(network, copy, { side: 'after', anchor: name });
  if (network.kind === 'sequential') return put;
  const calls = put.calls.map((call) => {
    const like = network.calls.find((each) => each.layer === name && each.call === call.call);
    if (call.layer !== copy.name || !like) return call;
    const [read, ...others] = dataOf(like);
    if (!others.every((other) => sameRef(other, read))) {
      throw refused('The layer joins several tensors: behind it there is one.', { expected: 'a layer that reads one tensor', received: `it reads ${dataOf(like).map(({ layer }) => layer).join(', ')}`, where: name });
    }
    return mapCall({ ...like, layer: copy.name }, (ref) => (sameRef(ref, read) ? { kind: 'tensor', layer: name, call: call.call, output: 0 } : ref));
  });
  return { ...put, calls };
}
