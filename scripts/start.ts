import { spawn, spawnSync } from 'node:child_process';
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../test/support/launchCodeServer';
import { packagedExtension } from '../test/support/packaged';
import { buildIfStale, root } from './build';

/** A copy, so that trying things out leaves the sample as it came. */
async function sampleWorkspace(): Promise<string> {
  const workspace = join(await mkdtemp(join(tmpdir(), 'model-surgery-')), 'fashion-mnist');
  await cp(join(root, 'samples/fashion-mnist'), workspace, { recursive: true });
  return workspace;
}

/** Shows an address in the user's browser where there is one; it is printed in any case. */
function openBrowser(url: string): void {
  const openers: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', win32: 'explorer' };
  spawn(openers[process.platform] ?? 'xdg-open', [url], { stdio: 'ignore', detached: true }).once('error', () => undefined).unref();
}

async function serve(workspace: string): Promise<void> {
  console.log('VS Code is not installed here: starting the one from the npm registry.');
  // Packaged and installed: only the driver of the tests would load a folder, and that hides all notifications.
  const server = await startServer({ vsix: await packagedExtension(), driver: false });
  const url = `${server.origin}/?${new URLSearchParams({ folder: workspace }).toString()}`;
  console.log(`\nVS Code with Model Surgery: ${url}\nPress Ctrl+C to end it.`);
  openBrowser(url);
  process.once('SIGINT', () => void server.stop().then(() => process.exit(0)));
}

buildIfStale();
const workspace = await sampleWorkspace();
const hasCode = spawnSync('code', ['--version'], { stdio: 'ignore', shell: process.platform === 'win32' }).status === 0;
if (hasCode) spawnSync('code', ['--new-window', `--extensionDevelopmentPath=${root}`, workspace], { stdio: 'inherit', shell: process.platform === 'win32' });
else await serve(workspace);
