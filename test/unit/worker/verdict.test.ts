import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Plan } from '../../../src/core/plan/plan';
import { SurgeryError } from '../../../src/core/errors';
import type { VerdictRequest } from '../../../src/protocol/workerCalls';
import { readVerdict, requestBehind } from '../../../src/extension/verdictFile';
import { startWorker, type ForkedWorker } from './forked';

const samples = resolve(import.meta.dirname, '../../../samples/fashion-mnist');

describe('a verdict in the worker process', function () {
  this.timeout(240_000);
  let worker: ForkedWorker;
  let folder = '';
  let request: VerdictRequest;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'worker-verdict-'));
    const plan = JSON.parse(readFileSync(join(samples, 'transfer.surgery.json'), 'utf8')) as Plan;
    const place = (name: unknown): string => join(samples, String(name));
    const { train, validation, test } = plan.data;
    const sets = Object.entries({ train, validation, test }).flatMap(([name, set]) => (set ? [[name, { ...set, inputs: place(set.inputs), targets: place(set.targets) }]] : []));
    const planPath = join(folder, 'p.surgery.json');
    const own = { ...plan, model: place(plan.model), data: Object.fromEntries(sets) as Plan['data'], phases: plan.phases.map((phase) => ({ ...phase, epochs: 1 })) };
    writeFileSync(planPath, JSON.stringify(own));
    writeFileSync(join(folder, 'other.surgery.json'), JSON.stringify({ ...own, phases: own.phases.slice(0, 1) }));
    request = { planPath, pairs: 6, arms: ['transfer', 'scratch', join(folder, 'other.surgery.json')], tuneTransfer: false, classes: [], timeBudget: 60, engine: 'onnxruntime' };
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => { worker = startWorker(); });
  afterEach(() => { worker.child.kill('SIGKILL'); });

  it('stops at once where nothing is finished, and counts as tried', async () => {
    const controller = new AbortController();
    const asked = worker.channel.ask('verdict', { ...request, arms: ['transfer', 'scratch'], pairs: 500 }, controller.signal);
    setTimeout(() => controller.abort(), 1500);
    await assert.rejects(asked, (thrown) => thrown instanceof SurgeryError && thrown.code === 'stopped');
    const { runs, tests } = await worker.channel.ask('ledger', { planPath: request.planPath });
    assert.deepEqual(runs.map(({ kind, state }) => [kind, state]), [['verdict', 'stopped']]);
    assert.equal(tests[0].configurationsTried, 1);
  });

  it('compares, says events, holds another plan as an arm, and keeps what it said', async () => {
    const verdict = await worker.channel.ask('verdict', request);
    assert.deepEqual(verdict.pairs.map(({ pair }) => pair), [1, 2, 3, 4, 5, 6]);
    const other = request.arms[2];
    for (const { others } of verdict.pairs) assert.ok(others[other].error >= 0 && others[other].error <= 1);
    assert.equal(verdict.configurationsTried, 2);
    const kinds = worker.verdictEvents.map(({ type }) => type);
    assert.deepEqual([kinds.filter((kind) => kind === 'pair').length, kinds.filter((kind) => kind === 'arm').length, kinds.indexOf('tuned') < kinds.indexOf('estimate')], [6, 18, true]);
    assert.deepEqual(verdict.curves.map(({ name, epochs }) => [name, epochs.length]), [['transfer', 2], ['scratch', 2], [other, 1]]);
    assert.deepEqual(JSON.parse(readFileSync(verdict.report ?? '', 'utf8')), JSON.parse(JSON.stringify(verdict)));
    const again = await worker.channel.ask('verdict', request);
    assert.deepEqual([again.pairs, again.statistics.p, again.sentence], [verdict.pairs, verdict.statistics.p, verdict.sentence]);
    const fewer = await worker.channel.ask('verdict', { ...request, pairs: 4 });
    assert.deepEqual([fewer.pairs.length, fewer.verdict], [4, 'not-enough-runs']);
  });

  it('goes on from its file with what was asked for: operations of the editor, classes, arms and engine', async () => {
    const plan = JSON.parse(readFileSync(request.planPath, 'utf8')) as Plan;
    const edited = { ...plan, operations: [...plan.operations, { op: 'rename', layer: 'dense', name: 'first' }] as Plan['operations'] };
    const given: VerdictRequest = { ...request, plan: edited, pairs: 500, classes: [{ 5: 0, 6: 1 }, { 5: 1, 6: 0 }], arms: ['feature', 'scratch'], tuneTransfer: true };
    const controller = new AbortController();
    const asking = worker.channel.ask('verdict', given, controller.signal);
    await until(() => worker.verdictEvents.some(({ type }) => type === 'pair'));
    controller.abort();
    const stopped = await asking;
    assert.equal(stopped.stopped, true);
    const behind = requestBehind(await readVerdict(stopped.report ?? ''), request.planPath);
    assert.ok(typeof behind === 'object');
    assert.deepEqual({ ...behind, plan: null }, { ...given, plan: null, engine: 'onnxruntime' });
    const said = worker.verdictEvents.length;
    const whole = await worker.channel.ask('verdict', { ...behind, pairs: stopped.pairs.length + 1 });
    const events = worker.verdictEvents.slice(said);
    assert.deepEqual(whole.pairs.slice(0, stopped.pairs.length), stopped.pairs, 'finished pairs were taken over');
    assert.ok(!events.some(({ type }) => type === 'tuned'), 'nothing was tuned again');
  });

  it('refuses what it cannot compare, and what is no report', async () => {
    const code = (expected: string) => (thrown: unknown): boolean => thrown instanceof SurgeryError && thrown.code === expected;
    await assert.rejects(worker.channel.ask('verdict', { ...request, arms: ['transfer', join(folder, 'none.json')] }), code('file-missing'));
    await assert.rejects(worker.channel.ask('verdict', { ...request, pairs: 0 }), code('usage'));
    await assert.rejects(worker.channel.ask('annotateRun', { planPath: request.planPath, about: 'nobody', note: 'x' }), code('usage'));
    const verdict = await worker.channel.ask('verdict', request);
    await assert.rejects(worker.channel.ask('verdictReport', { verdict, planPath: request.planPath, out: join(folder, 'v.pdf') }), code('usage'));
    await assert.rejects(worker.channel.ask('verdictReport', { verdict, planPath: request.planPath, out: join(folder, 'v.md').replace('v.md', 'p.surgery.json') }), code('usage'));
    const paths = await worker.channel.ask('verdictReport', { verdict, planPath: request.planPath, out: join(folder, 'v.md') });
    assert.equal(paths.length, 5);
  });
});

/** Waits for a state, however long it takes; mocha's limit ends a wait for what never comes. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((done) => setTimeout(done, 10));
}
