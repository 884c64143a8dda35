import { SurgeryError } from '../../src/core/errors';
import { readZip } from '../../src/core/formats/zip';
import type { ModelFolder } from '../../src/core/ports';
import { sourceOf } from './memorySource';

/** Files by path, as a model's folder. */
export function folderIn(files: ReadonlyMap<string, Uint8Array>): ModelFolder {
  return {
    open: (path) => {
      const bytes = files.get(path);
      if (!bytes) return Promise.reject(new SurgeryError('file-missing', 'There is no such file.', { where: path }));
      return Promise.resolve(sourceOf(bytes, path));
    },
  };
}

/** The files of a packed folder. */
export function unpacked(archive: Uint8Array): Map<string, Uint8Array> {
  return readZip(archive, () => true);
}
