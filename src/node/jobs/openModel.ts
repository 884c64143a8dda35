import { dirname, resolve } from 'node:path';
import { readModel, readWeights } from '../../core/formats/openModel';
import type { Model } from '../../core/model/model';
import type { ByteSource } from '../../core/ports';
import type { Operation, SurgeryContext } from '../../core/surgery/operation';
import { applyOperations } from '../../core/surgery/operations';
import { sha256 } from '../fileBytes';
import { folderOf } from '../modelFolder';
import { readFile } from './readFile';

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

/** Reads a model file. Throws `file-…`, `format-…`, `weight-…`, `not-a-model` or `unsupported`; the error names the file. */
export async function openModel(path: string): Promise<OpenedModel> {
  const bytes = await readFile(path);
  return { model: await readModel(inMemory(path, bytes), await folderOf(path)), path, sha256: sha256(bytes) };
}

function inMemory(name: string, bytes: Uint8Array): ByteSource {
  return { name, size: bytes.length, read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)), close: () => Promise.resolve() };
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
    readWeights: async (name) => {
      const path = resolve(from, name);
      return readWeights(inMemory(path, await readFile(path)), await folderOf(path));
    },
  };
}
