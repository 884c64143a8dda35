import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';

export const root = resolve(import.meta.dirname, '..');

function newest(folder: string): number {
  return Math.max(...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(folder, name)).mtimeMs));
}

/** Builds `dist/` where it is missing or older than the source. */
export function buildIfStale(): void {
  const product = join(root, 'dist/cli.js');
  const sources = Math.max(newest(join(root, 'src')), statSync(join(root, 'webpack.config.js')).mtimeMs);
  if (existsSync(product) && statSync(product).mtimeMs > sources) return;
  console.error('Building …');
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('the build failed');
}
