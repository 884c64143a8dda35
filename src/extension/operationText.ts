import type { LayerSelection, Operation } from '../core/surgery/operation';

/** An operation in one line: `replace head: Dense 1 sigmoid`. */
export function operationText(operation: Operation): string {
  switch (operation.op) {
    case 'replaceHead': return `replace head: Dense ${operation.units} ${operation.activation}`;
    case 'removeLayers': return `remove: ${operation.layers.join(', ')}`;
    case 'setTrainable': return `${operation.trainable ? 'unfreeze' : 'freeze'}: ${selectionText(operation.layers)}`;
    case 'rename': return `rename: ${operation.layer} to ${operation.name}`;
    case 'loadWeights': return `load weights: ${operation.from} by ${operation.by}`;
  }
}

/** `all but head`, `a, b and 3 more`, `a to b`. */
export function selectionText(selection: LayerSelection | 'as set'): string {
  if (typeof selection === 'string') return selection;
  if ('from' in selection) return `${selection.from} to ${selection.to}`;
  if (selection.length === 0) return 'nothing';
  const named = selection.slice(0, 2).join(', ');
  return selection.length > 2 ? `${named} and ${selection.length - 2} more` : named;
}
