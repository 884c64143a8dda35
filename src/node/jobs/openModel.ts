import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { memorySource } from '../../core/formats/byteRanges';
import { openArchitecture, openModel as readModel, openWeights } from '../../core/formats/openModel';
import { largeWeights } from '../../core/formats/readModel';
import { writeZip } from '../../core/formats/writeZip';
import { readSavedModel } from '../../core/formats/savedModel/readSavedModel';
import type { Model } from '../../core/model/model';
import type { Operation, SurgeryContext } from '../../core/surgery/operation';
import { applyOperations } from '../../core/surgery/operations';
import { sha256Checked } from '../checkedHash';
import { openFile, sha256 } from '../fileBytes';
import { folderAt, folderOf, isFolder, isUnpackedKeras, membersOf, sha256OfFolder } from '../modelFolder';

/** A model in memory and the file that it came from. */
export interface OpenedModel {
  readonly model: Model;
  /** absolute */
  readonly path: string;
  /** Of the file, lower-case hex. */
  readonly sha256: string;
}

export interface Edits {
  readonly operations: readonly Operation[];
  /** Seed of new weights. */
  readonly seed: number;
  /** Absolute folder that `loadWeights` starts from; the model's own where it is missing. */
  readonly folder?: string;
}

/** Reads a model file or folder. Throws `file-…`, `format-…`, `weight-…`, `not-a-model` or `unsupported`; the error names the file. */
export async function openModel(path: string): Promise<OpenedModel> {
  const { model, sha256: hash } = await readAny(path, readModel);
  return { model, path, sha256: hash };
}

/**
 * The same for a model that operations are about to change: where `loadWeights` is one of them, the file may be an architecture alone.
 * Then only `editModel` makes a model of it.
 */
export async function openForEdits(path: string, operations: readonly Operation[]): Promise<OpenedModel> {
  const { model, sha256: hash } = await readAny(path, operations.some(({ op }) => op === 'loadWeights') ? openArchitecture : readModel);
  return { model, path, sha256: hash };
}

type Read = typeof readModel;

interface HashedModel {
  readonly model: Model;
  readonly sha256: string;
}

async function readAny(path: string, read: Read): Promise<HashedModel> {
  if (!(await isFolder(path))) return readChecked(path, read);
  return await isUnpackedKeras(path) ? readUnpacked(path, read) : readFolder(path);
}

/** What Keras saves with `zipped=False` is read as the archive that it would be; its hash is that of a folder. */
async function readUnpacked(path: string, read: Read): Promise<HashedModel> {
  const archive = writeZip(await membersOf(path));
  return { model: (await read(memorySource(archive, path))).model, sha256: await sha256OfFolder(path) };
}

/** A SavedModel is a folder; its hash is that of the list of its files' hashes. */
async function readFolder(path: string): Promise<HashedModel> {
  const model = await readSavedModel(folderAt(await realpath(path)), path);
  return { model, sha256: await sha256OfFolder(path) };
}

/** A small file is read once. A large one is read by ranges, then once more as a whole for its hash and checksums. */
async function readChecked(path: string, read: Read): Promise<HashedModel> {
  const source = await openFile(path);
  try {
    const folder = await folderOf(path);
    if (source.size <= largeWeights) {
      const bytes = await source.read(0, source.size);
      return { model: (await read(memorySource(bytes, path), folder)).model, sha256: sha256(bytes) };
    }
    const { model, unchecked } = await read(source, folder);
    return { model, sha256: await sha256Checked(source, unchecked) };
  } finally {
    await source.close();
  }
}

/** Operations applied to a model; what was opened stays as it is. Throws what the first refused operation throws. */
export async function editModel(opened: OpenedModel, edits: Edits): Promise<OpenedModel> {
  const { model } = await applyOperations(opened.model, edits.operations, surgeryContext(opened, edits));
  return { ...opened, model };
}

/** What operations may ask for: a seed, and files relative to the folder of the edits. */
export function surgeryContext(opened: OpenedModel, { seed, folder }: Edits): SurgeryContext {
  const from = folder ?? dirname(opened.path);
  return {
    seed,
    readWeights: async (name, onto) => (await readAny(resolve(from, name), (source, folder) => openWeights(source, folder, onto))).model,
  };
}
