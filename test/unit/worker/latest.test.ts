import assert from 'node:assert/strict';
import { Latest } from '../../../src/worker/latest';

describe('latest', () => {
  it('computes once while it is kept, and drops what was not asked for longest', async () => {
    const latest = new Latest<string>(2);
    const computed: string[] = [];
    const get = (key: string): Promise<string> => latest.get(key, () => { computed.push(key); return Promise.resolve(key); });
    assert.deepEqual(await Promise.all([get('a'), get('a'), get('b')]), ['a', 'a', 'b']);
    await get('a');
    await get('c');
    await get('a');
    await get('b');
    assert.deepEqual(computed, ['a', 'b', 'c', 'b']);
  });

  it('keeps no failure', async () => {
    const latest = new Latest<number>(2);
    await assert.rejects(latest.get('a', () => Promise.reject(new Error('no'))));
    assert.equal(await latest.get('a', () => Promise.resolve(1)), 1);
  });
});
