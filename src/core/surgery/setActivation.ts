import { findLayer } from './edit';
import { headActivations } from './headActivations';
import { takesActivation } from './layerSettings';
import type { Operation, OperationDefinition } from './operation';
import { refused } from './refuse';
import { requireSettings, withSetting } from './withSetting';

type SetActivation = Extract<Operation, { op: 'setActivation' }>;

/** Another activation for a layer that has one. Weights, loss and metrics stay. */
export const setActivation: OperationDefinition<SetActivation> = {
  op: 'setActivation',
  apply(model, { layer: path, activation }) {
    const { layer } = findLayer(model, path);
    requireSettings(layer, path);
    if (!takesActivation(layer)) throw refused('The layer has no activation.', { expected: 'a Dense, a convolution, a recurrent layer or an Activation', received: layer.className, where: path });
    if (!headActivations.some((name) => name === activation)) throw refused('There is no such activation.', { expected: `one of ${headActivations.join(', ')}`, received: activation, where: 'activation' });
    return { model: withSetting(model, path, { activation }), undo: model };
  },
};
