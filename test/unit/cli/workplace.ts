import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import type { ErrorRecord } from '../../../src/core/errors';
import { projectRoot } from '../../support/cached';

export const sampleFolder = join(projectRoot, 'samples/fashion-mnist');
export const sampleModel = join(sampleFolder, 'my_model_A.keras');
export const goldenFormats = join(projectRoot, 'test/keras/golden/formats');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Watch {
  /** Sends this signal once `when` says so of stdout so far. */
  readonly signal: NodeJS.Signals;
  readonly when: (stdout: string) => boolean;
}

/** The terminal tool as a process of its own, as scripts run it. */
export function cli(args: readonly string[], watch?: Watch): Promise<Ended> {
  return nodeProcess(['--import', 'tsx', join(projectRoot, 'src/cli/main.ts'), ...args], process.env, watch);
}

/** The same, ended by SIGKILL just before its n-th call (from 1) that changes files in `folder`; none where n is 0, see the preload. */
export function cliKilledAt(call: number, folder: string, args: readonly string[]): Promise<Ended> {
  const preload = join(projectRoot, 'test/support/killAtFileCall.cjs');
  return nodeProcess(['--require', preload, '--import', 'tsx', join(projectRoot, 'src/cli/main.ts'), ...args], { ...process.env, FOLDER: folder, KILL_AT: String(call) });
}

/** The built tool, on an engine whose n-th call (from 1) does not come back; each does where n is 0. */
export function cliBlockedAt(call: number, args: readonly string[]): Promise<Ended> {
  const preload = join(projectRoot, 'test/support/blockedEngine.cjs');
  return nodeProcess(['--require', preload, join(projectRoot, 'dist/cli.js'), ...args], { ...process.env, BLOCK_AT: String(call) });
}

function nodeProcess(args: readonly string[], env: NodeJS.ProcessEnv, watch?: Watch): Promise<Ended> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd: projectRoot, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    let signalled = false;
    child.stdout.on('data', (part: Buffer) => {
      said.stdout += part.toString('utf8');
      if (!watch || signalled || !watch.when(said.stdout)) return;
      signalled = true;
      child.kill(watch.signal);
    });
    child.stderr.on('data', (part: Buffer) => (said.stderr += part.toString('utf8')));
    child.once('error', fail);
    child.once('close', (code) => done({ code, ...said }));
  });
}

/** What a command that must end with 0 wrote, as the one object of JSON that it must be. */
export async function answer(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await cli(['--json', ...args]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim().split('\n').length, 1, 'one line');
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** The record on the last line of stderr of a command that must fail; nothing may stand on stdout. */
export async function refusal(code: number, ...args: readonly string[]): Promise<ErrorRecord> {
  const ended = await cli([...args, '--json']);
  assert.equal(ended.code, code, ended.stderr);
  assert.equal(ended.stdout, '');
  return errorOf(ended);
}

export function errorOf({ stderr }: Ended): ErrorRecord {
  const last = stderr.trimEnd().split('\n').at(-1) ?? '';
  const { error } = JSON.parse(last) as { error: ErrorRecord };
  assert.equal(typeof error.message, 'string');
  return error;
}

export type LoggedEvent = Readonly<Record<string, unknown>> & { readonly type: string; readonly seq: number; readonly time: string };

export function eventsOf(text: string): LoggedEvent[] {
  return text.trimEnd().split('\n').map((line) => JSON.parse(line) as LoggedEvent);
}

type Json = Readonly<Record<string, unknown>>;

/** A folder of its own for each test file. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'model-surgery-cli-'));

  path(name: string): string {
    return join(this.folder, name);
  }

  files(name = '.'): string[] {
    return readdirSync(this.path(name)).sort();
  }

  read(name: string): Buffer {
    return readFileSync(this.path(name));
  }

  write(name: string, bytes: Uint8Array | string): string {
    writeFileSync(this.path(name), bytes);
    return this.path(name);
  }

  /** The textbook plan of the sample with fewer epochs, by absolute paths, and what is given instead. Gives its path. */
  plan(name: string, instead: Json = {}): string {
    const sample = JSON.parse(readFileSync(join(sampleFolder, 'transfer.surgery.json'), 'utf8')) as {
      readonly data: Readonly<Record<string, Json>>;
      readonly phases: readonly Json[];
    };
    const data = Object.fromEntries(Object.entries(sample.data).map(([set, entry]) => [set, {
      ...entry, inputs: join(sampleFolder, String(entry.inputs)), targets: join(sampleFolder, String(entry.targets)),
    }]));
    const phases = sample.phases.map((phase, index) => ({ ...phase, epochs: index + 1 }));
    return this.write(name, JSON.stringify({ ...sample, model: sampleModel, data, phases, ...instead }));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
