import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SurgeryError } from '../../../../src/core/errors';
import { parseInstalled } from '../../../../src/core/install/tensorflowFolder';
import { installTensorflow } from '../../../../src/node/install/installTensorflow';

const program = fileURLToPath(new URL('../../../support/installTensorflow.ts', import.meta.url));

function isError(code: SurgeryError['code'], words: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof SurgeryError && error.code === code && words.test(`${error.message} ${error.received ?? ''}`);
}

/** Libraries that are none, and a compiler that the test writes: what is tried is that everything or nothing is put into place. */
describe('installing TensorFlow', () => {
  let folder: string;
  const target = (): string => join(folder, 'global/tensorflow');
  const compiler = process.env.CXX;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'model-surgery-install-'));
    await mkdir(join(folder, 'libraries/include'), { recursive: true });
    for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) await writeFile(join(folder, 'libraries', name), '');
    await mkdir(target(), { recursive: true });
    await writeFile(join(target(), 'installed.json'), 'the one before');
  });
  afterEach(async () => {
    if (compiler === undefined) delete process.env.CXX;
    else process.env.CXX = compiler;
    await rm(folder, { recursive: true });
  });

  /** A shell script in place of the compiler. */
  async function compileBy(script: string): Promise<void> {
    const path = join(folder, 'compiler');
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    process.env.CXX = path;
  }

  async function expectAsBefore(): Promise<void> {
    assert.deepEqual(await readdir(join(folder, 'global')), ['tensorflow']);
    assert.equal(await readFile(join(target(), 'installed.json'), 'utf8'), 'the one before');
  }

  const options = (from = join(folder, 'libraries')) => ({ target: target(), from, sources: '.', nodeHeaders: '.', report: () => {} });

  it('leaves what was there where the compiler fails, and tells its words', async () => {
    await compileBy('echo "no such header" >&2; exit 3');
    await assert.rejects(installTensorflow(options()), isError('engine-unavailable', /no such header/));
    await expectAsBefore();
  });

  it('leaves what was there where the library does not load', async () => {
    await compileBy('for last; do :; done; echo "no library" > "$last"');
    await assert.rejects(installTensorflow(options()), isError('engine-unavailable', /tfjs_binding\.node/));
    await expectAsBefore();
  });

  it('refuses a folder without the library', async () => {
    await assert.rejects(installTensorflow(options(join(folder, 'global'))), isError('engine-unavailable', /does not hold libtensorflow/));
    await expectAsBefore();
  });

  it('stops when it is told to, with the programs that it started', async () => {
    // It takes its time to end: whoever did not wait for it would find it alive.
    await compileBy(`trap 'kill $!; sleep 0.5; exit 1' TERM; sleep 60 & echo $$ > "${folder}/started"; wait`);
    const stop = new AbortController();
    const running = installTensorflow({ ...options(), signal: stop.signal });
    const pid = Number(await untilRead(join(folder, 'started')));
    stop.abort();
    await assert.rejects(running, isError('stopped', /stopped/));
    await expectAsBefore();
    assert.throws(() => process.kill(pid, 0));
  });

  it('killed midway leaves what was there, and the next one removes the rest', async () => {
    await compileBy(`echo $$ > "${folder}/started"; exec sleep 60`);
    const child = spawn(process.execPath, ['--import', 'tsx', program, target(), join(folder, 'libraries')], { env: process.env, stdio: 'ignore' });
    const pid = Number(await untilRead(join(folder, 'started')));
    child.kill('SIGKILL');
    await once(child, 'close');
    process.kill(pid, 'SIGKILL');
    const left = await readdir(join(folder, 'global'));
    assert.equal(left.length, 2);
    assert.equal(await readFile(join(target(), 'installed.json'), 'utf8'), 'the one before');
    await compileBy('exit 1');
    await assert.rejects(installTensorflow(options()), isError('engine-unavailable', /failed/));
    await expectAsBefore();
  });

  it('leaves one alone that is at work at the same time', async () => {
    await compileBy(`echo $$ > "${folder}/started"; exec sleep 60`);
    const child = spawn(process.execPath, ['--import', 'tsx', program, target(), join(folder, 'libraries')], { env: process.env, stdio: 'ignore' });
    const pid = Number(await untilRead(join(folder, 'started')));
    await compileBy('exit 1');
    await assert.rejects(installTensorflow(options()), isError('engine-unavailable', /failed/));
    assert.equal((await readdir(join(folder, 'global'))).length, 2);
    child.kill('SIGKILL');
    await once(child, 'close');
    process.kill(pid, 'SIGKILL');
  });

  it('says what to do where nothing can be fetched', async () => {
    const { PATH } = process.env;
    process.env.TFJS_NODE_CDN_STORAGE = 'http://127.0.0.1:9/';
    process.env.PATH = folder;
    const said: string[] = [];
    try {
      await assert.rejects(installTensorflow({ target: target(), sources: '.', nodeHeaders: '.', report: (message) => said.push(message) }), isError('engine-unavailable', /python3? failed/));
    } finally {
      process.env.PATH = PATH;
      delete process.env.TFJS_NODE_CDN_STORAGE;
    }
    assert.ok(said.some((message) => message.startsWith('tfjs-node\'s own download cannot be had')), said.join('\n'));
    await expectAsBefore();
  });

  it('unpacks nothing that does not have the checksum of the release', async () => {
    const server = createServer((_, response) => response.end('another file')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { PATH } = process.env;
    process.env.TFJS_NODE_CDN_STORAGE = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    process.env.PATH = folder;
    const said: string[] = [];
    try {
      await assert.rejects(installTensorflow({ target: target(), sources: '.', nodeHeaders: '.', report: (message) => said.push(message) }), isError('engine-unavailable', /python3? failed/));
    } finally {
      process.env.PATH = PATH;
      delete process.env.TFJS_NODE_CDN_STORAGE;
      server.close();
      server.closeAllConnections();
    }
    assert.ok(said.some((message) => message.includes('is not the file that it should be')), said.join('\n'));
    await expectAsBefore();
  });
});

describe('the stamp of an installed TensorFlow', () => {
  it('is refused where it is not one', () => {
    for (const text of ['{}', '{"version":"2","platform":"linux","arch":"x64","source":"x","files":[1]}', 'no JSON']) assert.throws(() => parseInstalled(text));
  });
});

async function untilRead(path: string): Promise<string> {
  for (;;) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text.endsWith('\n')) return text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
