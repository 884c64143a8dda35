import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { SurgeryError } from '../../../src/core/errors';
import { compareRuns, comparisonMarkdown, runMarkdown } from '../../../src/core/ledger/compareRuns';
import type { RunRow } from '../../../src/core/ledger/runRows';
import type { VerdictEvent } from '../../../src/core/verdict/records';
import type { Plan } from '../../../src/core/plan/plan';
import type { AskedVerdict, Verdict } from '../../../src/core/verdict/verdict';
import { matchesRun, runFacts } from '../../../src/extension/runText';
import { VerdictController } from '../../../src/extension/verdictController';
import { requestBehind } from '../../../src/extension/verdictFile';
import type { VerdictRequest } from '../../../src/protocol/workerCalls';
import { emptyProgress, foldProgress } from '../../../src/webview/verdict/progress';
import { pairsOf } from '../core/verdict/pairs';

const request: VerdictRequest = { planPath: '/p.surgery.json', pairs: 6, arms: ['transfer', 'scratch'], tuneTransfer: false, classes: [], timeBudget: 1, engine: 'auto' };
const done = (stopped: boolean): Verdict => ({ sentence: 'Over 6 pairs …', stopped, report: '/v.json' } as Verdict);
const arm = (pair: number, name: string): VerdictEvent => ({ type: 'arm', pair, pairs: 6, arm: name, seconds: 1 });

describe('the verdict on its way', () => {
  it('gives a page what it has not seen, and all of it to one that knows another', async () => {
    const controller: VerdictController = new VerdictController({ ask: () => {
      for (const event of [arm(1, 'transfer'), arm(1, 'scratch')]) controller.add(event);
      return Promise.resolve(done(false));
    } });
    const ended = await controller.run(request);
    assert.equal(controller.verdict, ended);
    const news = controller.since(0, 0);
    assert.deepEqual([news.events.length, news.next], [2, 2]);
    assert.equal(controller.since(news.session, 1).events.length, 1);
    assert.equal(controller.since(news.session - 1, 1).events.length, 2);
    assert.deepEqual([controller.canGoOn, controller.remembered], [false, { planPath: request.planPath, request, report: '/v.json' }]);
  });

  it('goes on after a stop, a failure or another window, and is refused twice at once', async () => {
    const answers: (() => Promise<Verdict>)[] = [() => Promise.resolve(done(true)), () => Promise.reject(new SurgeryError('worker-ended', 'it died'))];
    const controller = new VerdictController({ ask: async () => {
      await assert.rejects(controller.run(request), { code: 'usage' });
      return answers.shift()?.() ?? done(false);
    } });
    await controller.run(request);
    assert.equal(controller.canGoOn, true);
    await assert.rejects(controller.run(request), { code: 'worker-ended' });
    assert.deepEqual([controller.canGoOn, controller.failure?.code, controller.remembered?.report], [true, 'worker-ended', null]);
    await controller.run(request);
    assert.deepEqual([controller.canGoOn, controller.failure], [false, null]);
    const reloaded = new VerdictController({ ask: () => Promise.resolve(done(false)) });
    reloaded.show(request.planPath, request, null);
    assert.deepEqual([reloaded.canGoOn, reloaded.verdict], [true, null]);
  });

  it('goes on with what was asked for, where its file says so, and else says why it cannot', () => {
    const asked: AskedVerdict = { plan: { model: 'm.keras', operations: [] } as unknown as Plan, pairs: 40, arms: ['feature', 'scratch'], tuneTransfer: true, classes: [{ 5: 0, 6: 1 }], timeBudget: 60, engine: 'reference' };
    const controller = new VerdictController({ ask: () => Promise.resolve(done(false)) });
    const stopped = { ...done(true), asked };
    controller.show('/w/p.surgery.json', requestBehind(stopped, '/w/p.surgery.json'), stopped);
    assert.deepEqual([controller.canGoOn, controller.whyNot, controller.request], [true, null, { ...asked, planPath: '/w/p.surgery.json' }]);
    controller.show('/w/p.surgery.json', requestBehind(done(true), '/w/p.surgery.json'), done(true));
    assert.deepEqual([controller.canGoOn, controller.request, controller.planPath, controller.verdict?.stopped], [false, null, '/w/p.surgery.json', true]);
    assert.match(controller.whyNot ?? '', /earlier version/);
    assert.equal(requestBehind({ asked: { ...asked, arms: ['transfer', 'other.json'] } }, '/p'), 'Its arm other.json is a plan relative to the folder in which the command line was called');
    const absolute = resolve('/w/other.json');
    assert.deepEqual((requestBehind({ asked: { ...asked, arms: ['transfer', absolute] } }, '/p') as VerdictRequest).arms, ['transfer', absolute]);
  });

  it('tells how far each arm is', () => {
    const [pair] = pairsOf([-0.1]);
    const record = { pair, curves: {}, metric: { metric: 'accuracy', isRate: true }, testSamples: 10 };
    const events: VerdictEvent[] = [
      { type: 'tuning', arm: 'scratch', run: 3, runs: 15 }, { type: 'estimate', pairs: 6, seconds: 12.2 }, arm(1, 'transfer'), arm(2, 'transfer'), arm(1, 'scratch'), { type: 'pair', record },
    ];
    const start = { ...emptyProgress, arms: ['transfer', 'scratch'] };
    assert.equal(foldProgress(start, events.slice(0, 1)).text, 'Tuning scratch on validation data: run 3 of 15');
    assert.equal(foldProgress(start, events.slice(0, 2)).text, '6 pairs, about 13 s');
    const progress = foldProgress(start, events);
    assert.deepEqual([progress.done, progress.pairs, progress.text], [{ transfer: 2, scratch: 1 }, 6, '1 of 6 pairs are finished']);
    assert.doesNotMatch(JSON.stringify(progress), /0\.\d/, 'how it stands is not shown: stopping at a good moment would be a choice');
  });
});

describe('the text of runs', () => {
  const row = (change: Partial<RunRow>): RunRow => ({
    id: 'a', kind: 'run', time: '2026-11-28T00:00:00.000Z', title: '/w/p.surgery.json', state: 'done', result: 'test loss 0.1, accuracy 0.98', figures: { loss: 0.1, accuracy: 0.98 },
    notes: [], hidden: false, folder: 'one', report: null, seed: 0, replayOf: null, seconds: 1.5, engine: 'reference 1', hashes: { model: 'm'.repeat(64), configuration: 'c'.repeat(64) },
    settings: { model: 'm.keras', operations: [], take: 200, phases: [{ name: 'phase 1', freeze: 'all but head', optimizer: 'SGD', learningRate: 0.01, epochs: 4, batchSize: 32 }] }, ...change,
  });

  it('compares settings and results, and says what differs', () => {
    const other = row({ id: 'b', seed: 1, figures: { loss: 0.2, accuracy: 0.98 }, settings: { model: 'm.keras', operations: [], take: 200, phases: [] } });
    const differing = compareRuns(row({}), other).filter(({ differs }) => differs).map(({ what }) => what);
    assert.deepEqual(differing, ['test loss', 'seed', 'phase 1', 'phase 1 frozen', 'phase 1 optimizer', 'phase 1 learning rate', 'phase 1 epochs', 'phase 1 batch size']);
    assert.match(comparisonMarkdown(row({}), other), /\| \*\*seed\*\* \| 0 \| 1 \|/);
  });

  it('keeps what a user or a file wrote text in Markdown', () => {
    const text = runMarkdown(row({ notes: ['a | b\n<img src=x>'], title: '/w/[x](y).surgery.json' }));
    assert.ok(text.includes('a \\| b \\<img src=x\\>') && text.includes('\\[x\\](y)'));
  });

  it('finds runs by words that occur in what is shown of them', () => {
    const run = row({ notes: ['Too fast'] });
    for (const words of ['', 'accuracy 0.98', 'too FAST', 'sgd 0.01', 'run done']) assert.equal(matchesRun(run, words), true, words);
    assert.equal(matchesRun(run, 'too slow'), false);
    assert.deepEqual(runFacts(run).map(({ label }) => label), ['note', 'plan', 'model', 'operations', 'phase 1', 'engine', 'seed', 'seconds', 'folder', 'configuration']);
  });
});
