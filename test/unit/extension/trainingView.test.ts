import assert from 'node:assert/strict';
import { SurgeryError } from '../../../src/core/errors';
import type { RunEvent, RunEventBody } from '../../../src/core/run/events';
import { RunController } from '../../../src/extension/runController';
import type { TrainRequest } from '../../../src/protocol/workerCalls';
import { emptyRun, foldEvents } from '../../../src/webview/training/runView';

/** A run of one phase with two epochs, as its log tells it. */
function events(phase: number, last: RunEventBody): readonly RunEvent[] {
  const epoch = (at: number): RunEventBody => ({ type: 'epoch', phase, epoch: at, loss: 1 / at, metrics: { accuracy: 0.5 }, validation: { loss: 2 / at }, learningRate: 0.1 / phase, seconds: 1 });
  const bodies: RunEventBody[] = [
    { type: 'start', plan: null, model: { path: 'm.keras', sha256: '' }, engine: { name: 'reference', version: '1' }, seed: { initialization: 0, order: 0, sample: 0 }, samples: {}, phases: 1, epochs: 2, notes: [] },
    { type: 'phase', phase, name: `phase ${phase}`, frozen: phase === 1 ? ['a'] : [], trainable: ['head'], optimizer: 'SGD', epochs: 2, recompiled: true, cachedPrefix: [], cacheEnds: null },
    epoch(1), epoch(2), last, { type: 'saved', path: 'x.keras', sha256: '' },
  ];
  return bodies.map((body, seq) => ({ ...body, seq, time: '' }));
}
const result: RunEventBody = { type: 'result', test: { loss: 0.1 }, samples: 5, seconds: 1, best: null };

function request(path: string, out: string): TrainRequest {
  return { planPath: '/p', model: { path, operations: [], seed: 0 }, phases: [1], changedSinceCompile: false, engine: 'reference', out };
}

describe('what panel Training shows', () => {
  it('shows both phases of two runs that follow each other', () => {
    const one = foldEvents(emptyRun, events(1, result));
    assert.deepEqual([one.ended, one.status], [true, 'Test: loss 0.1 (5 samples, 1.0 s)']);
    const both = foldEvents(one, events(2, { type: 'stopped', reason: 'the user asked', phase: 2, epoch: 2 }));
    assert.deepEqual(both.phases.map(({ phase, start, frozen, learningRate, outcome }) => [phase, start, frozen, learningRate, outcome]), [
      [1, 0, ['a'], 0.1, 'Test: loss 0.1 (5 samples, 1.0 s)'], [2, 2, [], 0.05, 'stopped: the user asked'],
    ]);
    assert.deepEqual(both.epochs.map(({ position, phase, epoch }) => [position, phase, epoch]), [[1, 1, 1], [2, 1, 2], [3, 2, 1], [4, 2, 2]]);
    assert.equal(both.lines.filter((line) => line.startsWith('Phase ')).length, 4);
    assert.deepEqual([both.ended, both.status], [true, 'stopped: the user asked']);
    assert.equal(foldEvents(both, events(1, result).slice(0, 3)).ended, false);
  });

  it('keeps a run that goes on from the one before, and starts over for another', async () => {
    const runs = new RunController({ ask: (_, { out }) => {
      for (const event of events(1, result)) runs.events.add(event);
      return Promise.resolve({ ...result, seq: 0, time: out });
    } });
    await runs.run(request('/m.keras', '/runs/1'));
    const first = runs.events.since(null, 0);
    assert.deepEqual([first.session, first.events.length, first.next], ['/runs/1', 6, 6]);
    await runs.run(request('/runs/1/model.keras', '/runs/2'));
    assert.equal(runs.events.since(first.session, first.next).events.length, 6);
    assert.equal(runs.events.since(null, 0).events.length, 12);
    assert.deepEqual(runs.folders, ['/runs/1', '/runs/2']);
    await runs.run(request('/m.keras', '/runs/3'));
    const other = runs.events.since(first.session, 12);
    assert.deepEqual([other.session, other.events.length, runs.folders], ['/runs/3', 6, ['/runs/3']]);
  });

  it('shows a run that is made again alone, and refuses another meanwhile', async () => {
    const runs = new RunController({ ask: () => Promise.reject(new Error('nobody asks')) });
    const told = await runs.replay('/runs/9', async () => {
      await assert.rejects(runs.run(request('/m.keras', '/runs/1')), { code: 'usage' });
      for (const event of events(1, result)) runs.events.add(event);
      return 'again';
    });
    const { session, events: shown } = runs.events.since(null, 0);
    assert.deepEqual([told, session, shown.length, runs.folders, runs.running], ['again', '/runs/9', 6, ['/runs/9'], false]);
  });

  it('says that a run failed whose worker died, once', async () => {
    const runs = new RunController({ ask: () => Promise.reject(new SurgeryError('worker-ended', 'it died')) });
    await assert.rejects(runs.run(request('/m.keras', '/runs/1')), { code: 'worker-ended' });
    const view = foldEvents(emptyRun, runs.events.since(null, 0).events);
    assert.deepEqual([view.status, view.ended], ['failed: it died', true]);
  });

  it('draws a resumed run from its beginning, after the run that it went on from', async () => {
    const told: (readonly RunEvent[])[] = [events(1, result), events(2, { type: 'stopped', reason: 'stopped by the user', phase: 2, epoch: 1 })];
    const runs: RunController = new RunController({ ask: () => {
      for (const event of told.shift() ?? []) runs.events.add(event);
      return Promise.resolve({ ...result, seq: 0, time: '' });
    } });
    await runs.run(request('/m.keras', '/runs/1'));
    await runs.run(request('/runs/1/model.keras', '/runs/2'));
    const before = runs.events.since(null, 0);
    told.push([...events(2, { type: 'resumed', checkpoint: 'ckpt-000001', epochs: 1, broken: [] }), { ...result, seq: 9, time: '' }]);
    await runs.run({ ...request('/runs/1/model.keras', '/runs/2'), resume: true });
    const news = runs.events.since(before.session, before.next);
    assert.notEqual(news.session, before.session);
    const view = foldEvents(emptyRun, news.events);
    assert.equal(view.phases.length, 2);
    assert.ok(view.lines.some((line) => line.startsWith('Resumed from checkpoint ckpt-000001, after 1 epochs')));
    assert.ok(!view.lines.some((line) => line.startsWith('stopped')));
    assert.deepEqual(runs.folders, ['/runs/1', '/runs/2']);
  });

  it('shows logged runs again after a reload, unless there are newer ones', async () => {
    const runs = new RunController({ ask: () => Promise.resolve({ ...result, seq: 0, time: '' }) });
    runs.restore([{ folder: '/runs/1', events: events(1, result) }, { folder: '/runs/2', events: events(2, result) }]);
    assert.equal(foldEvents(emptyRun, runs.events.since(null, 0).events).phases.length, 2);
    runs.restore([{ folder: '/runs/9', events: events(1, result) }]);
    assert.equal(runs.events.since(null, 0).session, '/runs/1');
    await runs.run(request('/runs/2/model.keras', '/runs/3'));
    assert.deepEqual(runs.folders, ['/runs/1', '/runs/2', '/runs/3']);
  });
});
