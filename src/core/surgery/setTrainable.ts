import { setFlags } from './flags';
import type { LayerSelection, Operation, OperationDefinition } from './operation';
import { resolveSelection } from './selection';

type SetTrainable = Extract<Operation, { op: 'setTrainable' }>;

/** Sets `trainable` of the chosen layers and of everything inside them. Opening all opens the model itself too. */
export const setTrainable: OperationDefinition<SetTrainable> = {
  op: 'setTrainable',
  describe: ({ layers, trainable }) => `${trainable ? 'unfreeze' : 'freeze'}: ${showSelection(layers)}`,
  apply(model, { layers, trainable }) {
    const opened = layers === 'all' && trainable ? { ...model, root: { ...model.root, trainable } } : model;
    return { model: setFlags(opened, resolveSelection(model, layers), trainable), undo: model };
  },
};

/** A selection in a few words: `all but head`, `a, b and 3 more`. */
function showSelection(selection: LayerSelection): string {
  if (typeof selection === 'string') return selection;
  if ('from' in selection) return `${selection.from} to ${selection.to}`;
  if (selection.length === 0) return 'nothing';
  const named = selection.slice(0, 2).join(', ');
  return selection.length > 2 ? `${named} and ${selection.length - 2} more` : named;
}
