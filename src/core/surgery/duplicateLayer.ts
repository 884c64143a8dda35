import type { Layer } from '../model/model';
import { editNetwork, findLayer, keepOptimizer, networkOf, parentPath } from './edit';
import { requireFit } from './fit';
import { freeName } from './names';
import type { Operation, OperationDefinition } from './operation';
import { putLayer } from './placing';
import { reconnect } from './reconnect';
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
    const edited = editNetwork(model, parentPath(placed), (network) => reconnect(putLayer(network, copy, { side: 'after', anchor: placed.layer.name })));
    requireFit(edited);
    return { model: keepOptimizer(model, moveSettings(model, refreshShapes(edited))), undo: model };
  },
};
