import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SurgeryError } from '../../../../src/core/errors';
import type { RunEvent } from '../../../../src/core/run/events';
import { RunLog } from '../../../../src/node/jobs/runLog';

const time = '2026-01-01T00:00:00.000Z';
const stopped: RunEvent = { seq: 0, time, type: 'stopped', reason: 'by the user', phase: 1, epoch: 2 };

describe('run log', () => {
  let folder = '';
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'run-log-')); });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('holds a line for each event but progress, from the first append on', () => {
    const path = join(folder, 'run', 'events.jsonl');
    const log = new RunLog(path);
    log.append(stopped);
    log.append({ seq: -1, time, type: 'progress', phase: 1, epoch: 1, step: 1, steps: 2, loss: 1 });
    assert.equal(readFileSync(path, 'utf8'), `${JSON.stringify(stopped)}\n`);
    log.append({ ...stopped, seq: 1 });
    log.close();
    log.close();
    log.append({ ...stopped, seq: 2 });
    assert.deepEqual(readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => (JSON.parse(line) as RunEvent).seq), [0, 1]);
  });

  it('says what could not be written', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    assert.throws(() => new RunLog(join(file, 'events.jsonl')), (thrown) => thrown instanceof SurgeryError && thrown.code === 'write-failed');
  });
});
