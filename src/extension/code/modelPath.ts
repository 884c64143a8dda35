import { realpath } from 'node:fs/promises';
import { dirname, extname, isAbsolute, relative, resolve } from 'node:path';

const endings = ['.keras', '.h5', '.hdf5'];

/**
 * The model file that a path in code means: from the folder of the code, else from a folder of the workspace. Null unless it is
 * there, is named like a model, and lies inside the workspace with all its links followed.
 */
export async function modelPathIn(code: string, path: string, folders: readonly string[]): Promise<string | null> {
  if (!endings.includes(extname(path).toLowerCase()) || path.includes('\0')) return null;
  const roots = await Promise.all(folders.map(real));
  for (const base of [dirname(code), ...folders]) {
    const found = await real(resolve(base, path));
    if (found !== null && roots.some((root) => root !== null && isInside(root, found))) return found;
  }
  return null;
}

async function real(path: string): Promise<string | null> {
  return realpath(path).catch(() => null);
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && !way.startsWith('..') && !isAbsolute(way);
}
