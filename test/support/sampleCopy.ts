import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './cached';

/** The sample in a folder of its own: what runs write beside their plan (the ledger) must not lie in the one that ships. */
export function copySample(): { readonly folder: string; remove(): void } {
  const folder = join(mkdtempSync(join(tmpdir(), 'model-surgery-sample-')), 'fashion-mnist');
  cpSync(join(projectRoot, 'samples/fashion-mnist'), folder, { recursive: true, filter: (path) => !path.includes('.model-surgery') });
  return { folder, remove: () => rmSync(join(folder, '..'), { recursive: true, force: true }) };
}
