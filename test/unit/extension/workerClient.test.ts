import assert from 'node:assert/strict';
import { SurgeryError } from '../../../src/core/errors';
import { WorkerClient } from '../../../src/extension/workerClient';

/** A process that never answers. */
function silent(deadline: number | null) {
  const seen = { started: 0, killed: 0, ended: [] as string[], now: 0, close: (): void => undefined };
  const client = new WorkerClient({
    name: 'reader', deadline, silence: null, now: () => seen.now, onEvent: () => undefined, onEnded: (_, reason) => seen.ended.push(reason),
    start: () => {
      seen.started += 1;
      const closes: (() => void)[] = [];
      seen.close = () => { for (const close of closes) close(); };
      return { kill: () => { seen.killed += 1; }, port: { post: () => undefined, onMessage: () => () => undefined, onClose: (l) => { closes.push(l); return () => undefined; } } };
    },
  });
  return { seen, client };
}
const code = (expected: string) => (thrown: unknown) => thrown instanceof SurgeryError && thrown.code === expected;

describe('worker client', () => {
  it('kills at the deadline, starts again at most twice in three minutes, later again', async () => {
    const { seen, client } = silent(5);
    for (let i = 0; i < 3; i++) await assert.rejects(client.ask('engines', { engine: 'auto' }), code('deadline'));
    await assert.rejects(client.ask('engines', { engine: 'auto' }), code('worker-ended'));
    assert.deepEqual([seen.started, seen.killed, seen.ended.length], [3, 3, 3]);
    seen.now = 180_001;
    await assert.rejects(client.ask('engines', { engine: 'auto' }), code('deadline'));
    assert.equal(seen.started, 4);
    client.dispose();
  });

  it('rejects what waits when the process ends, and says so once', async () => {
    const { seen, client } = silent(null);
    const ask = client.ask('engines', { engine: 'auto' });
    seen.close();
    await assert.rejects(ask, code('worker-ended'));
    assert.equal(seen.ended.length, 1);
    client.dispose();
  });
});
