import { join } from 'node:path';
import { buildIfStale } from '../../scripts/build';
import { execute, projectRoot } from './cached';

let made: Promise<string> | undefined;

async function make(): Promise<string> {
  buildIfStale();
  await execute({ file: process.execPath, args: ['--import', 'tsx', join(projectRoot, 'scripts/package.ts')] });
  return join(projectRoot, 'out', `model-surgery-${process.platform}-${process.arch}.vsix`);
}

/** The packaged extension for this platform, absolute; made once for each process. */
export function packagedExtension(): Promise<string> {
  return (made ??= make());
}
