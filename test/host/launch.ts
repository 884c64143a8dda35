import { cp, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../support/cached';
import { startBrowser, startServer, type RunningServer } from '../support/launchCodeServer';

/** ms; the whole suite. */
const suiteTimeout = 300_000;

function testAddress(server: RunningServer, workspace: string): string {
  const remote = (path: string): string => `vscode-remote://${server.authority}${path}`;
  const payload = [
    ['extensionDevelopmentPath', remote(projectRoot)],
    ['extensionTestsPath', remote(join(projectRoot, 'out/host/index.cjs'))],
    ['skipWelcome', 'true'],
  ];
  const query = new URLSearchParams({ folder: workspace, payload: JSON.stringify(payload) });
  return `${server.origin}/?${query.toString()}`;
}

/** Opens the address and waits until the extension host says how its tests ended. */
async function runTests(url: string): Promise<number> {
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    const ended = new Promise<number>((done, fail) => {
      setTimeout(() => fail(new Error(`the host suite did not end in ${suiteTimeout} ms`)), suiteTimeout).unref();
      void page.exposeFunction('codeAutomationExit', (code: number) => done(code));
    });
    await page.exposeFunction('codeAutomationLog', (type: string, args: readonly unknown[]) => {
      // The workbench's own chatter is at level info.
      if (type !== 'info') console.error(`[${type}] ${args.map(String).join(' ')}`);
    });
    await page.goto(url);
    return await ended;
  } finally {
    await browser.close();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { report: { type: 'string' } } });
  // The entry inside the extension host writes mocha's JSON report where this variable says.
  if (values.report !== undefined) process.env.MODEL_SURGERY_REPORT = values.report;
  const workspace = await mkdtemp(join(tmpdir(), 'model-surgery-workspace-'));
  await cp(join(projectRoot, 'samples/fashion-mnist'), workspace, { recursive: true });
  process.env.MODEL_SURGERY_WORKSPACE = workspace;
  const server = await startServer({ driver: true });
  try {
    const code = await runTests(testAddress(server, workspace));
    process.exitCode = code === 0 && (values.report === undefined || existsSync(values.report)) ? 0 : 1;
  } finally {
    await server.stop();
    await rm(workspace, { recursive: true, force: true });
  }
}

await main();
