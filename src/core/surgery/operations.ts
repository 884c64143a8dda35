import type { Model } from '../model/model';
import { addOutput } from './addOutput';
import { cut } from './cut';
import { duplicateLayer } from './duplicateLayer';
import { foldBatchNormalization } from './foldBatchNormalization';
import { insertLayer } from './insertLayer';
import { loadWeights } from './loadWeights';
import { moveLayer } from './moveLayer';
import type { Operation, OperationDefinition, OperationName, OperationResult, SurgeryContext } from './operation';
import { reinitialize } from './reinitialize';
import { removeLayers } from './removeLayers';
import { rename } from './rename';
import { replaceHead } from './replaceHead';
import { setActivation } from './setActivation';
import { setClasses } from './setClasses';
import { setInputSize } from './setInputSize';
import { setRate } from './setRate';
import { setRegularizer } from './setRegularizer';
import { setTrainable } from './setTrainable';
import { transplantWeights } from './transplantWeights';

type Definitions = { readonly [Name in OperationName]: OperationDefinition<Extract<Operation, { op: Name }>> };

/** Every operation. One that is missing does not compile. */
const definitions: Definitions = {
  replaceHead, removeLayers, setTrainable, rename, loadWeights,
  insertLayer, moveLayer, duplicateLayer, reinitialize, setActivation, setRate, setRegularizer,
  transplantWeights, addOutput, cut, setClasses, setInputSize, foldBatchNormalization,
};

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

/** Files that operations read, as they stand in the plan. */
export function filesRead(operations: readonly Operation[]): string[] {
  return operations.flatMap((operation) => ('from' in operation ? [operation.from] : []));
}
