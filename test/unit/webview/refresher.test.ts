import assert from 'node:assert/strict';
import { refresher } from '../../../src/webview/refresher';

describe('refresher', () => {
  it('works once at a time, and once more for all that was asked for meanwhile', async () => {
    let [now, most, times] = [0, 0, 0];
    const refresh = refresher(async () => {
      times += 1;
      most = Math.max(most, ++now);
      await new Promise((done) => setTimeout(done, 5));
      now -= 1;
    });
    const first = refresh();
    await Promise.all([refresh(), refresh(), refresh(), first]);
    assert.deepEqual([most, times], [1, 2]);
    await refresh();
    assert.equal(times, 3);
  });

  it('works again after a failure', async () => {
    let fails = true;
    const refresh = refresher(() => (fails ? Promise.reject(new Error('gone')) : Promise.resolve()));
    await assert.rejects(refresh(), /gone/);
    fails = false;
    await refresh();
  });
});
