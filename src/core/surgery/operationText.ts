import type { LayerSelection, Operation, OperationName, Spot } from './operation';

type Texts = { readonly [Name in OperationName]: (operation: Extract<Operation, { op: Name }>) => string };

const texts: Texts = {
  replaceHead: (operation) => `replace head: Dense ${operation.units} ${operation.activation}`,
  removeLayers: (operation) => `remove: ${operation.layers.join(', ')}`,
  setTrainable: (operation) => `${operation.trainable ? 'unfreeze' : 'freeze'}: ${selectionText(operation.layers)}`,
  rename: (operation) => `rename: ${operation.layer} to ${operation.name}`,
  loadWeights: (operation) => `load weights: ${operation.from} by ${operation.by}`,
  insertLayer: (operation) => `insert: ${operation.class} ${spotText(operation)}`,
  moveLayer: (operation) => `move: ${operation.layer} ${spotText(operation)}`,
  duplicateLayer: (operation) => `duplicate: ${operation.layer}`,
  reinitialize: (operation) => `reinitialize: ${selectionText(operation.layers)}`,
  setActivation: (operation) => `activation: ${operation.layer} ${operation.activation}`,
  setRate: (operation) => `rate: ${operation.layer} ${operation.rate}`,
  setRegularizer: (operation) => `regularizer: ${operation.layer}/${operation.weight} ${regularizerText(operation.regularizer)}`,
  transplantWeights: (operation) => `transplant weights: ${operation.from}${operation.layers ? ` into ${selectionText(Object.keys(operation.layers))}` : ''}`,
  addOutput: (operation) => `add output: ${operation.units === undefined ? '' : `Dense ${operation.units} at `}${operation.layer}`,
  cut: (operation) => `cut: keep what is ${operation.keep === 'before' ? 'up to' : 'behind'} ${operation.layer}`,
  setClasses: (operation) => `classes: ${operation.classes}`,
  setInputSize: (operation) => `input size: ${operation.size.map((size) => size ?? 'any').join(' x ')}`,
  foldBatchNormalization: (operation) => `fold BatchNormalization: ${operation.layers ? selectionText(operation.layers) : 'all'}`,
};

/** An operation in one line, for trees, menus and logs: `replace head: Dense 1 sigmoid`. */
export function operationText(operation: Operation): string {
  // The union of all texts takes no operation at all; the name says which one fits.
  return (texts[operation.op] as (operation: Operation) => string)(operation);
}

function spotText({ after, before }: Spot): string {
  return after === undefined ? `before ${before ?? ''}` : `after ${after}`;
}

function regularizerText(regularizer: Extract<Operation, { op: 'setRegularizer' }>['regularizer']): string {
  if (regularizer === null) return 'none';
  return typeof regularizer === 'string' ? regularizer : regularizer.class_name;
}

/** `all but head`, `a, b and 3 more`, `a to b`. */
export function selectionText(selection: LayerSelection | 'as set'): string {
  if (typeof selection === 'string') return selection;
  if ('from' in selection) return `${selection.from} to ${selection.to}`;
  if (selection.length === 0) return 'nothing';
  const named = selection.slice(0, 2).join(', ');
  return selection.length > 2 ? `${named} and ${selection.length - 2} more` : named;
}
