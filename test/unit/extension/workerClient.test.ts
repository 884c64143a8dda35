import assert from 'node:assert/strict';
import { SurgeryError } from '../../../src/core/errors';
import { WorkerClient } from '../../../src/extension/workerClient';

/** A process that never answers. */
function silent(deadline: number | null, idle = 60_000) {
  const seen = { started: 0, killed: 0, left: 0, ended: [] as string[], now: 0, close: (): void => undefined };
  const client = new WorkerClient({
    name: 'reader', deadline, silence: null, idle, now: () => seen.now, onEvent: () => undefined, onEnded: (_, reason) => seen.ended.push(reason),
    start: () => {
      seen.started += 1;
      const closes: (() => void)[] = [];
      seen.close = () => { for (const close of closes) close(); };
      return { kill: () => { seen.killed += 1; }, leave: () => { seen.left += 1; }, port: { post: () => undefined, onMessage: () => () => undefined, onClose: (l) => { closes.push(l); return () => undefined; } } };
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

  it('lets a process go that nothing is asked of, without calling it a failure, and starts another when needed', async () => {
    const { seen, client } = silent(null, 5);
    const asked = client.ask('engines', { engine: 'auto' });
    seen.close();
    await assert.rejects(asked, code('worker-ended'));
    const again = client.ask('engines', { engine: 'auto' }, AbortSignal.abort());
    await assert.rejects(again, code('stopped'));
    await new Promise((done) => setTimeout(done, 30));
    assert.deepEqual([seen.started, seen.left, seen.ended.length], [2, 1, 1]);
    client.dispose();
  });

  it('lets a training worker write its last checkpoint, and kills a reader', async () => {
    for (const [deadline, expected] of [[null, [0, 1]], [60_000, [1, 0]]] as const) {
      const { seen, client } = silent(deadline);
      const asked = client.ask('engines', { engine: 'auto' });
      client.dispose();
      await assert.rejects(asked, code('worker-ended'));
      assert.deepEqual([seen.killed, seen.left], expected);
      await assert.rejects(client.ask('engines', { engine: 'auto' }), code('worker-ended'));
    }
  });
});
