import assert from 'node:assert/strict';
import type { OnnxRuntime, Session } from '../../../../src/engine/onnxruntime/runtime';
import { SessionCache } from '../../../../src/engine/onnxruntime/sessionCache';

/** A runtime that notes what it makes and what ends; it refuses models that begin with 0. */
class NotingRuntime {
  made = 0;
  readonly ended: number[] = [];

  asRuntime(): OnnxRuntime {
    const create = (model: Uint8Array): Promise<Session> => {
      if (model[0] === 0) return Promise.reject(new Error('refused'));
      const number = ++this.made;
      return Promise.resolve({ release: () => Promise.resolve(void this.ended.push(number)) } as unknown as Session);
    };
    return { create } as unknown as OnnxRuntime;
  }
}

describe('session cache', () => {
  let runtime: NotingRuntime;
  let cache: SessionCache;
  beforeEach(() => {
    runtime = new NotingRuntime();
    cache = new SessionCache(runtime.asRuntime());
  });

  it('makes one session for equal models, also after it was given back and while it is being made', async () => {
    const [first, second] = await Promise.all([cache.borrow(Uint8Array.of(1), {}), cache.borrow(Uint8Array.of(1), {})]);
    assert.equal(first.session, second.session);
    await first.release();
    await second.release();
    assert.equal((await cache.borrow(Uint8Array.of(1), {})).session, first.session);
    assert.equal(runtime.made, 1);
    assert.deepEqual(runtime.ended, []);
  });

  it('makes another for another model and for other options', async () => {
    await cache.borrow(Uint8Array.of(1), {});
    await cache.borrow(Uint8Array.of(2), {});
    await cache.borrow(Uint8Array.of(2), { intraOpNumThreads: 2 });
    assert.equal(runtime.made, 3);
  });

  it('ends the oldest idle sessions above its limit, and never one that is used', async () => {
    const used = await cache.borrow(Uint8Array.of(1), {});
    for (let model = 2; model < 40; model++) await (await cache.borrow(Uint8Array.of(model), {})).release();
    assert.equal(runtime.ended[0], 2);
    assert.equal(runtime.made - runtime.ended.length, 17);
    await cache.clear();
    assert.ok(!runtime.ended.includes(1));
    await used.release();
    await cache.clear();
    assert.equal(runtime.ended.length, runtime.made);
  });

  it('keeps no large model that nobody uses', async () => {
    await (await cache.borrow(new Uint8Array(2 ** 26 + 1).fill(1), {})).release();
    assert.deepEqual(runtime.ended, [1]);
  });

  it('asks again for what was refused', async () => {
    await assert.rejects(cache.borrow(Uint8Array.of(0), {}), /refused/);
    await assert.rejects(cache.borrow(Uint8Array.of(0), {}), /refused/);
    await cache.clear();
    assert.equal(runtime.made, 0);
  });
});
