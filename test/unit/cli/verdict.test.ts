import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../../../src/core/verdict/verdict';
import { LedgerFile } from '../../../src/node/ledgerFile';
import { projectRoot } from '../../support/cached';
import { answer, cli, errorOf, refusal, Workplace } from './workplace';

type Told = Omit<Verdict, 'seconds'>;

async function verdictOf(...args: readonly string[]): Promise<Verdict> {
  return (await answer('verdict', ...args)) as unknown as Verdict;
}

/** Without what a clock or the ledger says. */
function judged({ pairs, arms, sentence, statistics, metric, notVaried }: Told): object {
  const { pairs: count, mean, meanInterval, p, probabilityBetter } = statistics;
  return {
    pairs: pairs.map(({ pair, seed, difference, transfer, scratch }) => ({ pair, seed, difference, errors: [transfer.error, scratch.error], losses: [transfer.loss, scratch.loss] })),
    arms: arms.map(({ name, tried, chosen, meanError, epochs }) => ({ name, tried, chosen, meanError, epochs })),
    statistics: { count, mean, meanInterval, p, probabilityBetter }, sentence, metric, notVaried,
  };
}

describe('model-surgery verdict', function () {
  this.timeout(180_000);
  const place = new Workplace();
  const ledger = new LedgerFile(join(place.folder, '.model-surgery'));
  after(() => place.remove());
  let whole: Verdict;

  it('compares the plan with a tuned training from scratch, pair by pair', async () => {
    whole = await verdictOf(place.plan('quick.surgery.json'), '--pairs', '6');
    assert.equal(whole.pairs.length, 6);
    assert.deepEqual(whole.pairs.map(({ seed }) => seed.sample), [0, 1, 2, 3, 4, 5]);
    for (const { difference, transfer, scratch } of whole.pairs) assert.equal(difference, transfer.error - scratch.error);
    assert.equal(whole.metric, 'accuracy');
    const [transfer, scratch] = whole.arms;
    assert.deepEqual([transfer.name, transfer.tried, transfer.chosen.learningRates], ['transfer', [], [0.01, 0.0001]]);
    assert.equal(scratch.tried.length, 5);
    const errors = scratch.tried.map(({ validationError }) => validationError ?? Infinity);
    const best = errors.indexOf(Math.min(...errors));
    assert.equal(scratch.tried[best].validationError, Math.min(...errors));
    assert.ok(scratch.tried.some(({ settings, validationError }) => settings.learningRates[0] === scratch.chosen.learningRates[0] && validationError === errors[best]));
    assert.ok(whole.sentence.includes('Not varied: the classes'), whole.sentence);
    assert.equal(whole.configurationsTried, 1);
    assert.equal(whole.testLooks, 12);
  });

  it('writes itself into the ledger, which its chain holds', async () => {
    const { records, fault } = await ledger.read();
    assert.equal(fault, null);
    assert.deepEqual(records.map(({ entry }) => entry.kind), ['start', 'verdict']);
  });

  it('killed amid the pairs and called again gives the same object, and computes only what is missing', async () => {
    const other = new Workplace();
    try {
      const plan = other.plan('quick.surgery.json');
      const folder = join(other.folder, '.model-surgery', 'verdicts');
      await killAfterPairs(plan, folder, 2);
      const [file] = readdirSync(folder);
      const before = readFileSync(join(folder, file), 'utf8');
      const resumed = await verdictOf(plan, '--pairs', '6');
      assert.deepEqual(judged(resumed), judged(whole));
      assert.ok(resumed.testLooks >= 12, `the looks of the killed one count too: ${resumed.testLooks}`);
      assert.ok(readFileSync(join(folder, file), 'utf8').startsWith(before.slice(0, before.lastIndexOf('\n') + 1)));
    } finally {
      other.remove();
    }
  });

  it('takes classes in turn, and then does not name them as not varied', async () => {
    const verdict = await verdictOf(place.plan('classes.surgery.json'), '--pairs', '2', '--classes', '5:6,6:5');
    assert.deepEqual(verdict.pairs.map(({ classes }) => classes), [{ 5: 0, 6: 1 }, { 5: 1, 6: 0 }]);
    assert.equal(verdict.verdict, 'not-enough-runs');
    assert.ok(!verdict.notVaried.includes('the classes'));
  });

  it('corrects for the configurations that were tried on the same test set', async () => {
    const other = place.plan('other.surgery.json', { phases: [{ freeze: 'all but head', optimizer: { class_name: 'SGD', config: { learning_rate: 0.02 } }, epochs: 1, batchSize: 32 }] });
    const verdict = await verdictOf(other, '--pairs', '6');
    assert.equal(verdict.configurationsTried, 2);
    assert.equal(verdict.statistics.correctedP, Math.min(1, 2 * verdict.statistics.p));
  });

  it('says so when its ledger was edited', async () => {
    const text = readFileSync(ledger.path, 'utf8');
    writeFileSync(ledger.path, text.replace('"looks":12', '"looks":1'));
    const verdict = await verdictOf(place.path('quick.surgery.json'), '--pairs', '6');
    assert.equal(verdict.ledgerFault?.what, 'edited');
  });

  it('refuses what cannot be compared', async () => {
    const plan = place.path('quick.surgery.json');
    assert.equal((await refusal(2, 'verdict', plan, '--arms', 'transfer')).code, 'usage');
    assert.equal((await refusal(2, 'verdict', plan, '--arms', 'transfer,magic')).received, 'magic');
    assert.equal((await refusal(2, 'verdict', plan, '--classes', '5:5')).code, 'usage');
    const sample = JSON.parse(readFileSync(plan, 'utf8')) as { data: { train: object } };
    const untested = place.write('untested.surgery.json', JSON.stringify({ ...sample, data: { train: sample.data.train } }));
    assert.equal((await refusal(1, 'verdict', untested)).where, 'data.test');
    const ended = await cli(['verdict', place.path('missing.surgery.json'), '--json']);
    assert.equal(errorOf(ended).code, 'file-missing');
  });
});

/** SIGKILL as soon as so many pairs are on the disk. */
async function killAfterPairs(plan: string, folder: string, pairs: number): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(projectRoot, 'src/cli/main.ts'), 'verdict', plan, '--pairs', '6'], { cwd: projectRoot, stdio: 'ignore' });
  const ended = new Promise((done) => child.once('close', done));
  const finished = (): number => {
    try {
      return readdirSync(folder).reduce((count, name) => count + readFileSync(join(folder, name), 'utf8').split('"type":"pair"').length - 1, 0);
    } catch {
      return 0;
    }
  };
  while (finished() < pairs && child.exitCode === null) await new Promise((wait) => setTimeout(wait, 20));
  child.kill('SIGKILL');
  await ended;
}
