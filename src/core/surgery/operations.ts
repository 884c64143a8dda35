import type { Model } from '../model/model';
import { loadWeights } from './loadWeights';
import type { Operation, OperationDefinition, OperationName, OperationResult, SurgeryContext } from './operation';
import { removeLayers } from './removeLayers';
import { rename } from './rename';
import { replaceHead } from './replaceHead';
import { setTrainable } from './setTrainable';

type Definitions = { readonly [Name in OperationName]: OperationDefinition<Extract<Operation, { op: Name }>> };

/** Every operation. One that is missing does not compile. */
const definitions: Definitions = { replaceHead, removeLayers, setTrainable, rename, loadWeights };

export const operationNames = Object.keys(definitions) as readonly OperationName[];

/** One line for trees and logs: `replace head: Dense 1 sigmoid`. */
export function describeOperation(operation: Operation): string {
  return definitionOf(operation).describe(operation);
}

/** Throws what the operation throws, and changes nothing. */
export async function applyOperation(model: Model, operation: Operation, context: SurgeryContext): Promise<OperationResult> {
  return definitionOf(operation).apply(model, operation, context);
}

/**
 * Applies operations in order. `undo` holds the model before each of them: the last one takes back the last operation, the
 * first one all. Throws what the first refused operation throws; the given model is never changed.
 */
export async function applyOperations(model: Model, operations: readonly Operation[], context: SurgeryContext): Promise<{ model: Model; undo: Model[] }> {
  let current = model;
  const undo: Model[] = [];
  for (const operation of operations) {
    const result = await applyOperation(current, operation, context);
    undo.push(result.undo);
    current = result.model;
  }
  return { model: current, undo };
}

/** The union of all definitions takes no operation at all; the name says which one fits. */
function definitionOf({ op }: Operation): OperationDefinition<Operation> {
  return definitions[op];
}
