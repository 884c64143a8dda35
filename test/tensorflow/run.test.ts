import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '../../src/core/run/events';
import { projectRoot } from '../support/cached';
import { copySample } from '../support/sampleCopy';

describe('a run on TensorFlow', function () {
  this.timeout(180_000);
  const sample = copySample();
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'model-surgery-run-')); });
  after(() => {
    rmSync(folder, { recursive: true });
    sample.remove();
  });

  /** In a process of its own, as a user has it. */
  function train(name: string, ...options: readonly string[]): readonly RunEvent[] {
    const args = ['--import', 'tsx', join(projectRoot, 'src/cli/main.ts'), 'run', join(sample.folder, 'transfer.surgery.json'), '--out', join(folder, name), '--json', ...options];
    return execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().split('\n').map((line) => JSON.parse(line) as RunEvent);
  }

  it('is not made by itself where the network is small, which the log says', () => {
    const [start] = train('automatic').filter((event) => event.type === 'start');
    assert.equal(start.engine.name, 'onnxruntime');
    assert.match(start.engine.why ?? '', /^faster for a small network: \d+ thousand weights/);
  });

  it('is made where it is named, keeps what is frozen, learns, and gives the same bytes again', () => {
    const events = train('first', '--engine', 'tensorflow');
    const [start] = events.filter((event) => event.type === 'start');
    assert.deepEqual([start.engine.name, start.engine.why], ['tensorflow', undefined]);
    const receipts = events.filter((event) => event.type === 'receipt');
    assert.deepEqual(receipts.map(({ ok }) => ok), [true, true]);
    assert.ok(receipts[0].frozen.length > 0 && receipts[0].frozen.every(({ before: first, after: last }) => first === last));
    const [result] = events.filter((event) => event.type === 'result');
    assert.ok(Number(result.test?.accuracy) > 0.9, JSON.stringify(result));
    train('second', '--engine', 'tensorflow');
    assert.deepEqual(...(['first', 'second'].map((name) => readFileSync(join(folder, name, 'model.keras'))) as [Buffer, Buffer]));
  });
});
