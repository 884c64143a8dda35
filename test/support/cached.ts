import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** The project's folder, absolute. */
export const projectRoot = resolve(import.meta.dirname, '../..');

/** Where suites keep what they install; never in git. */
const cacheFolder = join(projectRoot, '.cache');

interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a command with its output on stderr. Throws with the command line where it does not end with 0. */
export function execute({ file, args, cwd = projectRoot, env = process.env }: Command): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', process.stderr, process.stderr] });
    child.once('error', fail);
    child.once('close', (code, signal) => {
      if (code === 0) done();
      else fail(new Error(`${file} ${args.join(' ')} ended with ${code ?? signal}`));
    });
  });
}

/**
 * Installs into `.cache/NAME` once for each `version` text: a stamp written last tells a whole installation from a torn
 * one, which is removed and made again. Returns the folder.
 */
export async function installOnce(name: string, version: string, install: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder, name);
  const stamp = join(folder, 'installed.txt');
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === version) return folder;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await install(folder);
  await writeFile(stamp, version);
  return folder;
}
