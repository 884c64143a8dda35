import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answer, cli, errorOf, eventsOf, type LoggedEvent, refusal, Workplace } from './workplace';

/** How many times a run is killed; `KILLS=200` for the count of the promise. */
const kills = Number(process.env.KILLS ?? 2);

function timeless(events: readonly LoggedEvent[]): unknown[] {
  return events.filter(({ type }) => type !== 'resumed' && type !== 'saved').map((event) => ({ ...event, seq: 0, time: '', ...('seconds' in event ? { seconds: 0 } : {}) }));
}

describe('cli run --resume', function () {
  // Many processes one after the other, on a machine that may be busy.
  this.timeout(120_000 * (2 + kills));
  const place = new Workplace();
  let plan = '';
  let whole: LoggedEvent[] = [];

  before(async () => {
    const adam = (rate: number): object => ({ class_name: 'Adam', config: { learning_rate: rate } });
    plan = place.plan('resumed.surgery.json', { phases: [
      { name: 'head', freeze: 'all but head', optimizer: adam(0.01), epochs: 3, batchSize: 32 },
      { freeze: 'nothing', optimizer: adam(0.0001), epochs: 6, batchSize: 32 },
    ] });
    const ended = await cli(['run', plan, '--out', place.path('whole'), '--json']);
    assert.equal(ended.code, 0, ended.stderr);
    whole = eventsOf(ended.stdout);
  });
  after(() => place.remove());

  const args = (out: string): string[] => ['run', plan, '--out', place.path(out), '--json', '--checkpoint-every', '0'];

  function requireAsWhole(out: string, stdout: string): void {
    const events = eventsOf(stdout);
    events.forEach(({ seq }, index) => assert.equal(seq, index, 'no gap'));
    assert.deepEqual(timeless(events), timeless(whole));
    assert.deepEqual(eventsOf(place.read(`${out}/events.jsonl`).toString()), events);
    for (const model of ['model.keras', 'best.keras']) assert.deepEqual(place.read(`${out}/${model}`), place.read(`whole/${model}`), model);
    assert.deepEqual(place.files(out), ['best.keras', 'events.jsonl', 'model.keras'], 'no checkpoint and no temporary is left');
  }

  it('a run that was killed goes on to the same bytes', async () => {
    const killed = await cli(args('killed'), { signal: 'SIGKILL', when: (stdout) => stdout.includes('"phase":2,"epoch":2') });
    assert.equal(killed.code, null);
    assert.deepEqual(place.files('killed'), ['checkpoints', 'events.jsonl']);
    const resumed = await cli([...args('killed'), '--resume']);
    assert.equal(resumed.code, 0, resumed.stderr);
    const [{ checkpoint, broken }] = eventsOf(resumed.stdout).filter(({ type }) => type === 'resumed');
    assert.match(String(checkpoint), /^ckpt-\d{6}$/);
    assert.deepEqual(broken, []);
    requireAsWhole('killed', resumed.stdout);
  });

  it('so does one that was killed many times, whenever that was', async () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 48271) % 0x7fffffff) / 0x7fffffff;
    await cli(args('often'), { signal: 'SIGKILL', when: (stdout) => stdout.includes('"type":"epoch"') });
    for (let kill = 1; kill <= kills; kill++) {
      const at = 1 + Math.floor(random() * (whole.length - 4));
      const ended = await cli([...args('often'), '--resume'], { signal: 'SIGKILL', when: (stdout) => stdout.split('\n').length > at });
      if (ended.code === null) continue;
      assert.equal(ended.code, 0, ended.stderr);
      requireAsWhole('often', ended.stdout);
      await cli(args('often'), { signal: 'SIGKILL', when: (stdout) => stdout.includes('"type":"epoch"') });
    }
    const resumed = await cli([...args('often'), '--resume']);
    assert.equal(resumed.code, 0, resumed.stderr);
    requireAsWhole('often', resumed.stdout);
  });

  it('so does one that its user stopped', async () => {
    const stopped = await cli(args('stopped'), { signal: 'SIGTERM', when: (stdout) => stdout.includes('"phase":1,"epoch":2') });
    assert.equal(stopped.code, 130, stopped.stderr);
    assert.deepEqual(place.files('stopped'), ['best.keras', 'checkpoints', 'events.jsonl', 'model.keras']);
    const resumed = await cli([...args('stopped'), '--resume']);
    assert.equal(resumed.code, 0, resumed.stderr);
    requireAsWhole('stopped', resumed.stdout);
  });

  it('a damaged newest checkpoint is named, and the one before it is taken', async () => {
    await cli(args('damaged'), { signal: 'SIGKILL', when: (stdout) => stdout.includes('"phase":2,"epoch":2') });
    const newest = place.read('damaged/checkpoints/latest').toString().trim();
    writeFileSync(place.path(join('damaged/checkpoints', newest, 'weights.bin')), 'torn');
    const resumed = await cli([...args('damaged'), '--resume']);
    assert.equal(resumed.code, 0, resumed.stderr);
    const [{ broken }] = eventsOf(resumed.stdout).filter(({ type }) => type === 'resumed');
    assert.ok((broken as string[]).includes(newest));
    assert.deepEqual(place.read('damaged/model.keras'), place.read('whole/model.keras'));
  });

  it('refuses a run that is another by now, and leaves its checkpoint for the right one', async () => {
    await cli(args('other'), { signal: 'SIGKILL', when: (stdout) => stdout.includes('"phase":2,"epoch":1') });
    assert.equal((await refusal(1, ...args('other'), '--resume', '--seed', '9')).code, 'resume-refused');
    const { code, expected, received } = await refusal(1, ...args('other'), '--resume', '--engine', 'reference');
    assert.deepEqual([code, received], ['resume-refused', 'reference 1']);
    assert.match(expected ?? '', /onnxruntime|tensorflow/);
    assert.ok(existsSync(place.path('other/checkpoints/latest')));
    const resumed = await cli([...args('other'), '--resume']);
    requireAsWhole('other', resumed.stdout);
  });

  it('says so where there is nothing to go on from', async () => {
    assert.equal((await refusal(1, ...args('whole'), '--resume')).code, 'file-missing');
    assert.equal((await refusal(1, ...args('never'), '--resume')).code, 'file-missing');
    assert.ok(!existsSync(place.path('never')));
    assert.equal((await refusal(2, 'run', plan, '--resume')).code, 'usage');
    assert.equal((await answer('inspect', place.path('whole/model.keras'))).format, 'keras');
    assert.equal(errorOf(await cli(['run', plan, '--out', place.path('x'), '--checkpoint-every', '-1', '--json'])).code, 'usage');
  });
});
