import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { filesRead } from '../../core/surgery/operations';
import { sha256OfFile } from '../fileBytes';
import { isFolder, sha256OfFolder } from '../modelFolder';
import type { JobSources } from './jobRecords';
import { planFolder } from './planFile';

/** SHA-256 of the files that operations take weights from, by their names in the operations. Throws `file-…`. */
export async function donorHashes({ plan, model, operations }: Pick<JobSources, 'plan' | 'model' | 'operations'>): Promise<Readonly<Record<string, string>>> {
  // An editor's operations start from the model's folder.
  const folders = [planFolder(plan), dirname(model.path)];
  const names = [...new Set(filesRead(operations))];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await hashOf(await firstThere(folders.map((folder) => resolve(folder, name))))] as const)));
}

async function firstThere(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    if (await stat(path).then(() => true, () => false)) return path;
  }
  return paths[0];
}

async function hashOf(path: string): Promise<string> {
  return await isFolder(path) ? sha256OfFolder(path) : sha256OfFile(path);
}
