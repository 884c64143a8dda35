import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SurgeryError } from '../core/errors';
import type { Inspection } from '../core/inspect/inspection';
import { inspectModel } from '../core/inspect/inspectModel';
import { operation } from '../core/plan/operationSchemas';
import { filesRead } from '../core/surgery/operations';
import { editModel, openForEdits, openModel, type OpenedModel } from '../node/jobs/openModel';
import type { EditedModel } from '../protocol/workerCalls';
import { Latest } from './latest';

/**
 * The models that were asked for lately, as read and as edited. A file that was written since (another time of change or
 * size) is read again.
 */
export class OpenModels {
  private readonly files = new Latest<OpenedModel>(2);
  private readonly edited = new Latest<OpenedModel>(6);
  private readonly inspections = new Latest<Inspection>(12);

  /** Throws what reading a model and editing it throws; nothing of a failure is kept. */
  async open(asked: EditedModel): Promise<OpenedModel> {
    requireOperations(asked.operations);
    const { path, operations } = asked;
    const file = await identityOf(path);
    if (operations.length === 0) return this.files.get(file, () => openModel(path));
    // An architecture alone is taken here, and is no model without its edits.
    return this.edited.get(await keyOf(asked), async () => editModel(await this.files.get(`${file} to edit`, () => openForEdits(path, operations)), asked));
  }

  async inspect(asked: EditedModel): Promise<Inspection> {
    requireOperations(asked.operations);
    return this.inspections.get(await keyOf(asked), async () => {
      const { model, sha256 } = await this.open(asked);
      return inspectModel(model, sha256);
    });
  }
}

/** Operations come from another process as plain data. Throws `operation-refused` with the place of the first mistake. */
function requireOperations(operations: readonly unknown[]): void {
  for (const [index, asked] of operations.entries()) {
    const issue = operation.safeParse(asked).error?.issues[0];
    if (!issue) continue;
    const where = ['operations', index, ...issue.path].join('.');
    throw new SurgeryError('operation-refused', `The operation cannot be read: ${issue.message}.`, { expected: issue.message, where });
  }
}

/** The file, what is done to it, and the files that this reads. */
async function keyOf({ path, operations, seed }: EditedModel): Promise<string> {
  const read = filesRead(operations).map((name) => resolve(dirname(path), name));
  return JSON.stringify([await Promise.all([path, ...read].map(identityOf)), operations, seed]);
}

/** Files of a model that is a folder, which itself does not tell that one of them was written. */
const folderFiles = ['saved_model.pb', 'keras_metadata.pb', 'variables/variables.index', 'config.json', 'model.weights.h5'];

/** Throws `file-missing` or `file-unreadable`. */
async function identityOf(path: string): Promise<string> {
  const status = await stat(path, { bigint: true }).catch((cause: unknown) => {
    const missing = ['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '');
    throw new SurgeryError(missing ? 'file-missing' : 'file-unreadable', 'The model file cannot be opened.', { where: path, cause });
  });
  const inside = status.isDirectory() ? await Promise.all(folderFiles.map((name) => stat(join(path, name), { bigint: true }).catch(() => undefined))) : [];
  return JSON.stringify([path, ...[status, ...inside].map((file) => file && [file.mtimeNs, file.ctimeNs, file.size, file.ino].map(String))]);
}
