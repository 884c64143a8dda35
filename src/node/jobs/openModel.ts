import { dirname, resolve } from 'node:path';
import { readModel } from '../../core/formats/openModel';
import type { Model } from '../../core/model/model';
import type { ByteSource } from '../../core/ports';
import type { Operation } from '../../core/surgery/operation';
import { applyOperations } from '../../core/surgery/operations';
import { sha256 } from '../fileBytes';
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
  const source: ByteSource = {
    name: path, size: bytes.length, read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)), close: () => Promise.resolve(),
  };
  return { model: await readModel(source), path, sha256: sha256(bytes) };
}

/** Operations applied to a model; what was opened stays as it is. Throws what the first refused operation throws. */
export async function editModel(opened: OpenedModel, { operations, seed, folder }: Edits): Promise<OpenedModel> {
  const from = folder ?? dirname(opened.path);
  const readWeights = async (name: string): Promise<Model> => (await openModel(resolve(from, name))).model;
  const { model } = await applyOperations(opened.model, operations, { seed, readWeights });
  return { ...opened, model };
}
