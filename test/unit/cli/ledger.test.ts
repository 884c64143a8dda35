import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { LedgerEntry } from '../../../src/core/ledger/entry';
import { testHistory } from '../../../src/core/ledger/history';
import { LedgerFile } from '../../../src/node/ledgerFile';
import { projectRoot } from '../../support/cached';
import { answer, cli, eventsOf, refusal, Workplace } from './workplace';

type RunEntry = Extract<LedgerEntry, { kind: 'run' }>;

describe('the ledger of a plan', function () {
  this.timeout(180_000);
  const place = new Workplace();
  const ledger = new LedgerFile(join(place.folder, '.model-surgery'));
  after(() => place.remove());

  const entries = async (): Promise<LedgerEntry[]> => (await ledger.read()).records.map(({ entry }) => entry);
  const runs = async (): Promise<RunEntry[]> => (await entries()).filter((entry): entry is RunEntry => entry.kind === 'run');
  const looks = async (): Promise<[configurations: number, looks: number]> => {
    const { records } = await ledger.read();
    const { configurations, looks: count } = testHistory(records, (await runs())[0]?.ingredients.test ?? '');
    return [configurations.size, count];
  };

  it('takes in a run that ended, with what it was made of and what it gave', async () => {
    const plan = place.plan('p.surgery.json');
    const { code, stdout } = await cli(['run', plan, '--out', place.path('one'), '--json']);
    assert.equal(code, 0);
    const result = eventsOf(stdout).find(({ type }) => type === 'result');
    const [run] = await runs();
    assert.deepEqual([run.outcome, run.folder, run.figures, run.seed.order], ['result', 'one', result?.test, 0]);
    assert.deepEqual(run.settings.phases.map(({ learningRate, epochs }) => [learningRate, epochs]), [[0.01, 1], [0.0001, 2]]);
    assert.deepEqual(run.settings.operations, ['replace head: Dense 1 sigmoid']);
    for (const hash of [run.ingredients.plan, run.ingredients.model, run.ingredients.train, run.ingredients.test ?? '', run.ingredients.configuration]) assert.match(hash, /^[0-9a-f]{64}$/);
    assert.equal(run.ingredients.versions.node, process.version);
    assert.deepEqual((await entries()).map(({ kind }) => kind), ['start', 'run']);
    assert.deepEqual(await looks(), [1, 1]);
  });

  it('counts another seed as the same configuration, other rates as another', async () => {
    await cli(['run', place.path('p.surgery.json'), '--out', place.path('two'), '--seed', '7']);
    assert.deepEqual(await looks(), [1, 2]);
    const phases = [{ freeze: 'all but head', optimizer: { class_name: 'SGD', config: { learning_rate: 0.05 } }, epochs: 1, batchSize: 32 }];
    await cli(['run', place.plan('q.surgery.json', { phases }), '--out', place.path('three')]);
    assert.deepEqual(await looks(), [2, 3]);
  });

  it('takes an evaluation on the test set for a look at the configuration that was trained, and none on another set', async () => {
    const model = place.path('one/model.keras');
    await answer('evaluate', model, '--plan', place.path('p.surgery.json'));
    assert.deepEqual(await looks(), [2, 4]);
    await answer('evaluate', model, '--plan', place.path('p.surgery.json'), '--split', 'validation');
    assert.deepEqual(await looks(), [2, 4]);
  });

  it('takes in a run that was stopped, and the one that goes on from it', async () => {
    const phases = [{ freeze: 'nothing', optimizer: { class_name: 'SGD', config: { learning_rate: 0.001 } }, epochs: 30, batchSize: 8 }];
    const plan = place.plan('long.surgery.json', { phases });
    const args = ['run', plan, '--out', place.path('long'), '--json'];
    await cli(args, { signal: 'SIGINT', when: (stdout) => stdout.includes('"type":"epoch"') });
    const stopped = (await runs()).at(-1);
    assert.deepEqual([stopped?.outcome, stopped?.figures], ['stopped', null]);
    assert.deepEqual(await looks(), [2, 4], 'it never came to the test set');
    await cli([...args, '--resume']);
    const resumed = (await runs()).at(-1);
    assert.deepEqual([resumed?.outcome, resumed?.resumed, resumed?.ingredients.configuration], ['result', true, stopped?.ingredients.configuration]);
    assert.deepEqual(await looks(), [3, 5]);
  });

  it('takes in a run that failed, and leaves nothing of one that was refused before', async () => {
    const phases = [{ freeze: 'nothing', optimizer: { class_name: 'SGD', config: { learning_rate: 1e30 } }, epochs: 2, batchSize: 32 }];
    assert.equal((await refusalOfRun(place.plan('hot.surgery.json', { phases }))), 'not-finite');
    const failed = (await runs()).at(-1);
    assert.deepEqual([failed?.outcome, failed?.figures], ['failed', null]);
    const before = (await entries()).length;
    const data = JSON.parse(readFileSync(place.path('p.surgery.json'), 'utf8')) as { data: { train: { take: number } } };
    assert.equal((await refusal(1, 'run', place.plan('greedy.surgery.json', { data: { ...data.data, train: { ...data.data.train, take: 10 ** 6 } } }))).code, 'data-mismatch');
    assert.equal((await entries()).length, before);
  });

  it('lists runs, takes notes, and goes on counting what was taken out of the list', async () => {
    const plan = place.path('p.surgery.json');
    const counted = await looks();
    const { runs: listed } = await answer('runs', plan) as unknown as { runs: readonly { id: string; result: string; notes: readonly string[] }[] };
    const [newest] = listed;
    await answer('runs', plan, '--note', newest.id, 'too', 'hot');
    await answer('runs', plan, '--hide', listed[1].id);
    const after = await answer('runs', plan) as unknown as { runs: readonly { id: string; notes: readonly string[] }[]; fault: unknown };
    assert.deepEqual(after.runs[0].notes, ['too hot']);
    assert.deepEqual(after.runs.map(({ id }) => id), listed.filter((_, index) => index !== 1).map(({ id }) => id));
    assert.deepEqual(await looks(), counted);
    assert.equal(after.fault, null);
    assert.equal((await refusal(2, 'runs', plan, '--hide', 'nobody')).code, 'usage');
  });

  it('says which line was edited', async () => {
    const text = readFileSync(ledger.path, 'utf8');
    writeFileSync(ledger.path, text.replace('"outcome":"stopped"', '"outcome":"result"'));
    const { fault } = await answer('runs', place.path('p.surgery.json')) as { fault: { what: string } };
    assert.equal(fault.what, 'edited');
    writeFileSync(ledger.path, text);
  });

  /** The code with which a run fails. */
  async function refusalOfRun(plan: string): Promise<unknown> {
    const { code, stderr } = await cli(['run', plan, '--out', place.path('hot'), '--json']);
    assert.equal(code, 1);
    return (JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as { error: { code: string } }).error.code;
  }
});

describe('a ledger that cannot be written', function () {
  this.timeout(60_000);
  const place = new Workplace();
  after(() => place.remove());

  it('keeps no run from running: the run says so', async () => {
    // A file where its folder should be: no user may make one there.
    place.write('.model-surgery', 'in the way');
    const { code, stdout } = await cli(['run', place.plan('p.surgery.json'), '--out', place.path('out'), '--json']);
    assert.equal(code, 0);
    const events = eventsOf(stdout);
    assert.deepEqual(events.filter(({ type }) => type === 'unrecorded').map(({ error }) => (error as { code: string }).code), ['file-unreadable']);
    assert.deepEqual(events.map(({ seq }) => seq), events.map((_, index) => index));
    assert.ok(place.files('out').includes('model.keras'));
  });
});

describe('a ledger that several processes write at once', function () {
  this.timeout(120_000);
  const place = new Workplace();
  after(() => place.remove());

  it('has every record of each, in one chain', async () => {
    const writers = ['a', 'b', 'c'].map((name) => fork(join(projectRoot, 'test/support/appendToLedger.ts'), [place.folder, name, '12'], { execArgv: ['--import', 'tsx'] }));
    const codes = await Promise.all(writers.map((writer) => new Promise((done) => writer.once('exit', done))));
    assert.deepEqual(codes, [0, 0, 0]);
    const { records, fault } = await new LedgerFile(place.folder).read();
    assert.equal(fault, null);
    const texts = records.flatMap(({ entry }) => (entry.kind === 'note' ? [entry.text] : []));
    for (const name of ['a', 'b', 'c']) assert.deepEqual(texts.filter((text) => text.startsWith(name)), Array.from({ length: 12 }, (_, index) => `${name}${index}`));
  });

  it('drops a torn tail when the next record is written, and no more', async () => {
    const file = new LedgerFile(place.folder);
    const before = (await file.read()).records.length;
    writeFileSync(file.path, `${readFileSync(file.path, 'utf8')}{"seq":36,"time":"2026`);
    assert.equal((await file.read()).records.length, before);
    await file.append({ kind: 'note', about: 'x', text: 'after the crash' });
    const { records, fault } = await file.read();
    assert.deepEqual([records.length, fault], [before + 1, null]);
  });
});
