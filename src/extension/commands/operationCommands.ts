import { SurgeryError } from '../../core/errors';
import type { Inspection } from '../../core/inspect/inspection';
import { operation as operationSchema } from '../../core/plan/operationSchemas';
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
    const given = answered(argument) ? parseOperation({ ...argument, op }) : await asked(document, op, argument);
    return given && document.apply(given);
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

function parseOperation(given: unknown): Operation {
  const parsed = operationSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new SurgeryError('usage', 'The command was given other arguments than it takes', {
    expected: message, received: JSON.stringify(given), ...(path.length === 0 ? {} : { where: path.join('.') }),
  });
}
