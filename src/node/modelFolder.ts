import { lstat, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SurgeryError } from '../core/errors';
import type { ModelFolder } from '../core/ports';
import { openFile } from './fileBytes';

/**
 * The one door from a model to the files that it names. The folder is that of the model itself, whatever link the user opened it
 * through; inside it no link is followed, and a file that bears another name elsewhere (a hard link) is not read.
 */
export async function folderOf(model: string): Promise<ModelFolder> {
  return folderAt(dirname(await realpath(model).catch(() => model)));
}

/** The same for a model that is a folder. */
function folderAt(folder: string): ModelFolder {
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
