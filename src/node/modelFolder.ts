import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { SurgeryError } from '../core/errors';
import type { ModelFolder } from '../core/ports';
import { openFile, sha256, sha256OfFile } from './fileBytes';

/**
 * The one door from a model to the files that it names. The folder is that of the model itself, whatever link the user opened it
 * through; inside it no link is followed, and a file that bears another name elsewhere (a hard link) is not read.
 */
export async function folderOf(model: string): Promise<ModelFolder> {
  return folderAt(dirname(await realpath(model).catch(() => model)));
}

/** The same for a model that is a folder. */
export function folderAt(folder: string): ModelFolder {
  return {
    open: async (path) => {
      const steps = stepsOf(path);
      let place = folder;
      for (const [index, step] of steps.entries()) {
        place = join(place, step);
        await requirePlain(place, path, index === steps.length - 1);
      }
      return openFile(place);
    },
  };
}

function stepsOf(path: string): string[] {
  const steps = path.split('/');
  const plain = steps.every((step) => step !== '' && step !== '.' && step !== '..' && !/[\\:\0-\x1f]/.test(step));
  if (plain) return steps;
  throw hostile('A file that the model names is not inside its folder.', 'a relative path', path);
}

async function requirePlain(place: string, path: string, isLast: boolean): Promise<void> {
  const status = await lstat(place).catch((cause: unknown) => {
    throw new SurgeryError('file-missing', 'A file that the model names is not there.', { expected: path, where: place, cause });
  });
  if (status.isSymbolicLink()) throw hostile('A file that the model names is a link.', 'a plain file', path);
  if (isLast && status.isFile() && status.nlink > 1) throw hostile('A file that the model names is another file too.', 'a file without hard links', path);
}

function hostile(message: string, expected: string, path: string): SurgeryError {
  return new SurgeryError('format-hostile', message, { expected, received: path.slice(0, 200), where: path.slice(0, 200) });
}

/** Files of a model that is a folder. */
const maxFiles = 10_000;

export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** bytes of a folder that is read as a whole */
const maxUnpacked = 2 ** 30;

/** A `.keras` that was saved without being zipped. */
export async function isUnpackedKeras(path: string): Promise<boolean> {
  const there = async (name: string): Promise<boolean> => (await lstat(join(path, name)).catch(() => undefined))?.isFile() ?? false;
  return (await there('config.json')) && (await there('model.weights.h5')) && !(await there('saved_model.pb'));
}

/** All plain files of a folder by their path in it, as members of an archive have them. Throws `format-limit`, `format-hostile`. */
export async function membersOf(path: string): Promise<Record<string, Uint8Array>> {
  const root = await realpath(path);
  const folder = folderAt(root);
  const members: Record<string, Uint8Array> = {};
  let total = 0;
  for (const name of await namesBelow(root)) {
    const source = await folder.open(name);
    try {
      total += source.size;
      if (total > maxUnpacked) throw new SurgeryError('format-limit', 'The folder is too large to read as a model.', { expected: `at most ${maxUnpacked} bytes; zipped as .keras there is no such limit`, where: path });
      members[name] = await source.read(0, source.size);
    } finally {
      await source.close();
    }
  }
  return members;
}

/** SHA-256 of the list `HASH  PATH` of all plain files in a folder, as `sha256sum` would print it in the order of the paths. */
export async function sha256OfFolder(folder: string): Promise<string> {
  const root = await realpath(folder);
  const lines: string[] = [];
  for (const name of await namesBelow(root)) lines.push(`${await sha256OfFile(join(root, name))}  ${name}\n`);
  return sha256(new TextEncoder().encode(lines.join('')));
}

/** Paths of the plain files in a folder, in order. */
async function namesBelow(root: string): Promise<string[]> {
  const files: string[] = [];
  for await (const file of filesBelow(root)) {
    files.push(file);
    if (files.length > maxFiles) throw new SurgeryError('format-limit', 'The folder holds too many files.', { expected: `at most ${maxFiles}`, where: root });
  }
  return files.sort().map((file) => relative(root, file).split(sep).join('/'));
}

/** Plain files; no link is followed. */
async function* filesBelow(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const place = join(folder, entry.name);
    if (entry.isFile()) yield place;
    else if (entry.isDirectory()) yield* filesBelow(place);
  }
}
