import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';

export const root = resolve(import.meta.dirname, '..');

/** What a build reads. Of libraries the lock file tells. */
const sources = ['src', 'test/host/suite', 'scripts/withoutEval.cjs', 'scripts/wasmBeside.cjs', 'webpack.config.js', 'tsconfig.json', 'package-lock.json'];
/** Whether what it makes is there. */
const products = ['dist/extension.cjs', 'dist/worker.cjs', 'dist/cli.js', 'dist/watchdog.cjs', 'dist/webview/model.js', 'out/host/index.cjs'];
const stamp = join(root, 'out/built');

/** Of the contents: what git or an editor wrote again as it was needs no build, and webpack does not write again what is the same. */
function digest(): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    if (statSync(join(root, path)).isDirectory()) readdirSync(join(root, path)).sort().forEach((name) => add(`${path}/${name}`));
    else hash.update(`${path}\0`).update(readFileSync(join(root, path)));
  };
  sources.forEach(add);
  return hash.digest('hex');
}

/** Runs webpack and writes down what it was given; for debugging nothing is written down. Gives its exit code. */
export function build(options: readonly string[] = []): number {
  // Before: what is edited meanwhile may not be in it.
  const given = digest();
  rmSync(stamp, { force: true });
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/webpack/bin/webpack.js'), ...options], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0 && options.length === 0) {
    mkdirSync(join(root, 'out'), { recursive: true });
    writeFileSync(stamp, given);
  }
  return status ?? 1;
}

/** Builds `dist/` where it is missing or was made of other sources. */
export function buildIfStale(): void {
  if (products.every((path) => existsSync(join(root, path))) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest()) return;
  console.error('Building …');
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('the build failed');
}
