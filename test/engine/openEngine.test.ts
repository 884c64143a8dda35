import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SurgeryError } from '../../src/core/errors';
import type { EngineReport, Log } from '../../src/core/ports';
import { openEngine, reportEngines } from '../../src/engine/openEngine';

function recordingLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { lines, log: { write: (level, message) => lines.push(`${level}: ${message}`) } };
}

/** Whether TensorFlow is installed where the tests run must not matter. */
function withoutTensorflow(): void {
  const installed = process.env.MODEL_SURGERY_TENSORFLOW;
  before(() => { process.env.MODEL_SURGERY_TENSORFLOW = '/nowhere'; });
  after(() => {
    if (installed === undefined) delete process.env.MODEL_SURGERY_TENSORFLOW;
    else process.env.MODEL_SURGERY_TENSORFLOW = installed;
  });
}

describe('openEngine', () => {
  withoutTensorflow();

  it('takes onnxruntime by itself and says so', async () => {
    const { log, lines } = recordingLog();
    const engine = await openEngine('auto', log);
    await engine.dispose();
    assert.equal(engine.name, 'onnxruntime');
    assert.match(engine.version, /^\d+\.\d+\.\d+$/);
    assert.match(lines.join('\n'), /^info: Engine onnxruntime \d/);
  });

  it('takes onnxruntime for a large network too where TensorFlow is not installed, and says so', async () => {
    const { log, lines } = recordingLog();
    const engine = await openEngine('auto', log, { weights: 2e7, convolutions: 1e9 });
    await engine.dispose();
    assert.equal(engine.name, 'onnxruntime');
    assert.match(engine.why ?? '', /^tensorflow is unavailable: /);
    assert.deepEqual(lines, [`info: Engine onnxruntime ${engine.version}: ${engine.why}.`]);
  });

  for (const name of ['onnxruntime', 'onnxruntime-wasm', 'reference'] as const) {
    it(`opens ${name} by name`, async () => {
      const engine = await openEngine(name, recordingLog().log);
      await engine.dispose();
      assert.equal(engine.name, name);
    });
  }

  it('falls back to WebAssembly by itself where nothing native loads, and says so', () => {
    const hook = new URL('../support/withoutNativeRuntime.ts', import.meta.url).href;
    const script = fileURLToPath(new URL('../support/openAutomatically.ts', import.meta.url));
    const output = execFileSync(process.execPath, ['--import', 'tsx', '--import', hook, script], { encoding: 'utf8' });
    const seen = JSON.parse(output) as { name: string; y: number[]; logged: string[]; reports: EngineReport[] };
    assert.equal(seen.name, 'onnxruntime-wasm');
    assert.deepEqual(seen.y, [6, 8]);
    assert.ok(seen.logged.some((line) => line.startsWith('warn: ') && line.includes('no library for this machine')), seen.logged.join('\n'));
    const native = seen.reports.find(({ name }) => name === 'onnxruntime');
    assert.deepEqual(native, { name: 'onnxruntime', available: false, version: null, reason: 'no library for this machine', chosen: false });
  });

  it('refuses a name that is no engine', async () => {
    const isUsage = (error: unknown): boolean => error instanceof SurgeryError && error.code === 'usage' && error.received === 'cuda' && /onnxruntime-wasm/.test(error.expected ?? '');
    await assert.rejects(openEngine('cuda', recordingLog().log), isUsage);
    await assert.rejects(reportEngines('cuda'), isUsage);
  });

  it('says why an engine that is named cannot run', async () => {
    await assert.rejects(openEngine('tensorflow', recordingLog().log), (error: unknown) =>
      error instanceof SurgeryError && error.code === 'engine-unavailable' && error.received === 'tensorflow' && /Install TensorFlow Engine/.test(error.message));
  });
});

describe('a TensorFlow whose library does not load', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'model-surgery-broken-'));
    const files = ['lib/napi-v8/tfjs_binding.node'];
    mkdirSync(join(folder, 'lib/napi-v8'), { recursive: true });
    writeFileSync(join(folder, files[0]), 'no library');
    writeFileSync(join(folder, 'installed.json'), JSON.stringify({ version: '2.21.0', platform: process.platform, arch: process.arch, source: 'a test', files }));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** In a process of its own: a library that another test has loaded stays loaded. */
  function openedElsewhere(...choice: string[]): { name: string; y: number[]; logged: string[] } {
    const script = fileURLToPath(new URL('../support/openAutomatically.ts', import.meta.url));
    const env = { ...process.env, MODEL_SURGERY_TENSORFLOW: folder };
    return JSON.parse(execFileSync(process.execPath, ['--import', 'tsx', script, ...choice], { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] })) as ReturnType<typeof openedElsewhere>;
  }

  it('gives way to the next engine, with a warning', () => {
    const { name, y, logged } = openedElsewhere();
    assert.equal(name, 'onnxruntime');
    assert.deepEqual(y, [6, 8]);
    assert.match(logged.join('\n'), /^warn: tensorflow is installed and does not load, taking another engine: .+\ninfo: Engine onnxruntime .+: tensorflow is unavailable: /);
  });

  it('is an error where it is named', () => {
    assert.throws(() => openedElsewhere('tensorflow'), /The engine tensorflow is unavailable/);
  });
});

describe('reportEngines', () => {
  withoutTensorflow();

  it('names each engine once, with version and reason, and the chosen one', async () => {
    const reports = await reportEngines('auto');
    assert.deepEqual(reports.map(({ name, available, chosen }) => ({ name, available, chosen })), [
      { name: 'tensorflow', available: false, chosen: false },
      { name: 'onnxruntime', available: true, chosen: true },
      { name: 'onnxruntime-wasm', available: true, chosen: false },
      { name: 'reference', available: true, chosen: false },
    ]);
    for (const { available, version, reason } of reports) {
      assert.ok(reason.length > 10);
      assert.equal(version !== null, available);
    }
  });

  it('marks the one that was asked for', async () => {
    const chosen = (await reportEngines('onnxruntime-wasm')).filter((report) => report.chosen);
    assert.deepEqual(chosen.map(({ name }) => name), ['onnxruntime-wasm']);
  });
});
