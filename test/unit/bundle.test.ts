import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildIfStale } from '../../scripts/build';
import { projectRoot } from '../support/cached';

const dist = join(projectRoot, 'dist');
const entries = ['extension.cjs', 'worker.cjs', 'watchdog.cjs', 'cli.js', ...['difference', 'model', 'training', 'verdict', 'weights'].flatMap((page) => [`webview/${page}.js`, `webview/${page}.css`])];

/** Code that makes code from text. */
const fromText = /\beval\s*\(|\bFunction\s*\(|=\s*Function\s*[,;]/;

describe('bundles', function () {
  this.timeout(300_000);

  before(() => buildIfStale());

  it('are all there', () => {
    for (const entry of entries) assert.ok(existsSync(join(dist, entry)) && statSync(join(dist, entry)).size > 300, entry);
    assert.equal(readFileSync(join(dist, 'cli.js'), 'utf8').split('\n', 1)[0], '#!/usr/bin/env node');
  });

  it('have no source maps', () => {
    const names = readdirSync(dist, { recursive: true, encoding: 'utf8' });
    assert.deepEqual(names.filter((name) => name.endsWith('.map')), []);
  });

  it('the extension is small and holds neither HDF5 nor an engine', () => {
    const text = readFileSync(join(dist, 'extension.cjs'), 'utf8');
    assert.ok(text.length < 300_000, `${text.length} bytes`);
    assert.doesNotMatch(text, /h5wasm|onnxruntime-(node|web)|protobuf|@tensorflow/);
  });

  it('the worker and the command line have HDF5 beside them and ask for their engines', () => {
    assert.equal(readFileSync(join(dist, 'hdf5.wasm')).subarray(0, 4).toString('latin1'), '\0asm');
    for (const name of ['worker.cjs', 'cli.js']) {
      const text = readFileSync(join(dist, name), 'utf8');
      assert.ok(text.includes("'hdf5.wasm'") || text.includes('"hdf5.wasm"'), name);
      assert.ok(text.length < 2_000_000, `${name}: ${text.length} bytes are read at each start`);
      for (const library of ['onnxruntime-node', 'onnxruntime-web']) assert.ok(text.includes(`require("${library}")`), `${name}: ${library}`);
    }
  });

  it('the command line looks for engines beside it as the sources do', () => {
    const engines = JSON.parse(execFileSync(process.execPath, [join(dist, 'cli.js'), 'engines', '--json'], { encoding: 'utf8' })) as { readonly name: string; readonly available: boolean; readonly reason: string }[];
    assert.ok(engines.some(({ name, available }) => name.startsWith('onnxruntime') && available));
    for (const { name, reason } of engines) assert.doesNotMatch(reason, /Cannot read|is not a function|undefined/, name);
  });

  it('make no code from text', () => {
    for (const entry of entries.filter((name) => !name.endsWith('.css'))) {
      assert.doesNotMatch(readFileSync(join(dist, entry), 'utf8'), fromText, entry);
    }
    for (const text of ['eval("1")', 'new Function("")', 'const F=Function;']) assert.match(text, fromText);
  });
});
