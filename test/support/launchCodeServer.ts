import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { codeServer, type CodeServer } from './codeServer';
import { execute } from './cached';

/** ms; a cold start on a busy machine takes 20 s. */
const startTimeout = 90_000;

/** A VS Code that serves its workbench on loopback, with a profile of its own. */
export interface RunningServer {
  readonly origin: string;
  /** `127.0.0.1:PORT`, as `vscode-remote://` addresses name it. */
  readonly authority: string;
  /** Where it keeps what it remembers; absolute. */
  readonly profile: string;
  /** Ends its extension hosts as a crash or the system would; gives how many there were. */
  killExtensionHosts(): Promise<number>;
  /** Ends the server and removes its profile. */
  stop(): Promise<void>;
}

interface ServerOptions {
  /** Installed before the server starts. */
  readonly vsix?: string;
  /** Other extensions, installed too. */
  readonly alsoInstalled?: readonly string[];
  /** The test payload of the address counts only with the smoke-test driver, which hides notifications. */
  readonly driver: boolean;
  /** A workspace is restricted until its user trusts it; without this all are trusted. */
  readonly trust?: boolean;
  /** The user's own. */
  readonly keybindings?: readonly Keybinding[];
}

export interface Keybinding {
  readonly key: string;
  readonly command: string;
  readonly args?: unknown;
}

function address(child: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((found, fail) => {
    let said = '';
    const listen = (part: Buffer): void => {
      said += part.toString('utf8');
      const match = /Web UI available at (http:\/\/[^\s/]+)/.exec(said);
      if (match?.[1] !== undefined) found(match[1].replace('localhost', '127.0.0.1'));
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('error', fail);
    child.once('close', (code) => fail(new Error(`the server ended with ${code ?? 'a signal'}: ${said.slice(-2000)}`)));
    setTimeout(() => fail(new Error(`the server did not start in ${startTimeout} ms: ${said.slice(-2000)}`)), startTimeout).unref();
  });
}

async function installExtension({ node, server }: CodeServer, folders: readonly string[], vsix: string): Promise<void> {
  await execute({ file: node, args: [server, '--accept-server-license-terms', ...folders, '--install-extension', vsix] });
}

/** Extension hosts below a process, whatever stands between. */
async function extensionHostsBelow(server: number): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,args='], { maxBuffer: 2 ** 24 });
  const processes = stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return match ? [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] }] : [];
  });
  const below = new Set([server]);
  for (let size = 0; size < below.size;) {
    size = below.size;
    for (const { pid, parent } of processes) if (below.has(parent)) below.add(pid);
  }
  return processes.filter(({ pid, command }) => below.has(pid) && command.includes('--type=extensionHost')).map(({ pid }) => pid);
}

/** Starts VS Code 1.139 from the cache, with no network and no token, on a free port of loopback. */
export async function startServer({ vsix, alsoInstalled = [], driver, trust = false, keybindings = [] }: ServerOptions): Promise<RunningServer> {
  const installed = await codeServer();
  const profile = await mkdtemp(join(tmpdir(), 'model-surgery-code-'));
  const folders = ['user', 'server', 'extensions'].flatMap((name, index) => [
    ['--user-data-dir', '--server-data-dir', '--extensions-dir'][index] ?? '', join(profile, name),
  ]);
  await mkdir(join(profile, 'extensions'));
  await mkdir(join(profile, 'user/User'), { recursive: true });
  await writeFile(join(profile, 'user/User/keybindings.json'), JSON.stringify(keybindings));
  for (const each of [...(vsix === undefined ? [] : [vsix]), ...alsoInstalled]) await installExtension(installed, folders, each);
  const fixed = ['--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--accept-server-license-terms'];
  const quiet = ['--telemetry-level', 'off', ...(trust ? [] : ['--disable-workspace-trust'])];
  const child = spawn(installed.node, [installed.server, ...fixed, ...quiet, ...(driver ? ['--enable-smoke-test-driver'] : []), ...folders]);
  const stop = async (): Promise<void> => {
    const ended = new Promise<void>((done) => (child.exitCode === null ? child.once('close', () => done()) : done()));
    child.kill();
    await Promise.race([ended, delay(5000)]);
    child.kill('SIGKILL');
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  const killExtensionHosts = async (): Promise<number> => {
    const hosts = await extensionHostsBelow(child.pid ?? -1);
    for (const pid of hosts) process.kill(pid, 'SIGKILL');
    return hosts.length;
  };
  try {
    const origin = await address(child);
    return { origin, authority: new URL(origin).host, profile, killExtensionHosts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Chromium of this machine: `CHROMIUM` names it, else Debian's. */
export function browserPath(): string {
  return process.env.CHROMIUM ?? '/usr/bin/chromium';
}

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath(), args: ['--no-sandbox', '--disable-gpu'] });
}
