import { SurgeryError } from '../../core/errors';
import type { Inspection } from '../../core/inspect/inspection';
import type { Operation, OperationName } from '../../core/surgery/operation';
import type { SurgeryDocument } from '../document';
import type { OpenDocuments } from '../documents';
import { commandIds } from '../ids';
import { layerPathOf } from './arguments';
import { operationDialogs, type DialogFor } from './operationDialogs';
import type { Commands } from './register';

/** The command of each operation that has one of its own outline: its answers are the operation without its name. */
const commandOf = {
  [commandIds.insertLayer]: 'insertLayer', [commandIds.moveLayer]: 'moveLayer', [commandIds.duplicateLayer]: 'duplicateLayer',
  [commandIds.reinitialize]: 'reinitialize', [commandIds.setActivation]: 'setActivation', [commandIds.setRate]: 'setRate',
  [commandIds.setRegularizer]: 'setRegularizer', [commandIds.transplantWeights]: 'transplantWeights', [commandIds.addOutput]: 'addOutput',
  [commandIds.cutModel]: 'cut', [commandIds.setClasses]: 'setClasses', [commandIds.setInputSize]: 'setInputSize',
  [commandIds.foldBatchNormalization]: 'foldBatchNormalization',
} as const satisfies Readonly<Record<string, OperationName>>;

type OperationCommand = keyof typeof commandOf;

/** Edits that are one operation each: with its answers they are done, with a layer or nothing their user is asked. */
export function operationCommands(documents: OpenDocuments, reader: Parameters<DialogFor<OperationName>>[0]['reader']): Commands<OperationCommand> {
  const entries = Object.entries(commandOf).map(([id, op]) => [id, async (argument?: unknown): Promise<Inspection | undefined> => {
    const document = documents.require();
    // What the answers are worth the worker says, which has the schema: it would make this process twice as large.
    if (answered(argument)) return applyAnswers(document, { ...argument, op } as Operation);
    const chosen = await asked(document, op, argument);
    return chosen && document.apply(chosen);
  }]);
  async function asked(document: SurgeryDocument, op: (typeof commandOf)[OperationCommand], argument: unknown): Promise<Operation | undefined> {
    await document.settled();
    return operationDialogs[op]({ document, reader, layer: layerPathOf(argument) });
  }
  return Object.fromEntries(entries) as Commands<OperationCommand>;
}

/** Neither nothing, nor a path, nor the row of a tree. */
function answered(argument: unknown): argument is object {
  return typeof argument === 'object' && argument !== null && !('kind' in argument);
}

/** Answers that are no operation at all are wrong usage, as with every other command. */
async function applyAnswers(document: SurgeryDocument, given: Operation): Promise<Inspection> {
  try {
    return await document.apply(given);
  } catch (thrown) {
    const isForm = thrown instanceof SurgeryError && thrown.code === 'operation-refused' && thrown.where?.startsWith('operations.');
    if (!isForm) throw thrown;
    throw new SurgeryError('usage', 'The command was given other arguments than it takes', {
      received: JSON.stringify(given), ...(thrown.expected === undefined ? {} : { expected: thrown.expected }), ...(thrown.where === undefined ? {} : { where: thrown.where }),
    });
  }
}
