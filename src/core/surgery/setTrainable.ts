import { setFlags } from './flags';
import type { Operation, OperationDefinition } from './operation';
import { resolveSelection } from './selection';

type SetTrainable = Extract<Operation, { op: 'setTrainable' }>;

/** Sets `trainable` of the chosen layers and of everything inside them. Opening all opens the model itself too. */
export const setTrainable: OperationDefinition<SetTrainable> = {
  op: 'setTrainable',
  apply(model, { layers, trainable }) {
    const opened = layers === 'all' && trainable ? { ...model, root: { ...model.root, trainable } } : model;
    return { model: setFlags(opened, resolveSelection(model, layers), trainable), undo: model };
  },
};
