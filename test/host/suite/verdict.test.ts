import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { Comparison } from '../../../src/core/ledger/compareRuns';
import type { RunRow } from '../../../src/core/ledger/runRows';
import type { Inspection } from '../../../src/core/inspect/inspection';
import type { Plan } from '../../../src/core/plan/plan';
import type { RunEvent } from '../../../src/core/run/events';
import type { FreezeSuggestion } from '../../../src/core/run/proposeFreeze';
import type { Verdict } from '../../../src/core/verdict/verdict';
import { eventually, flags, inWorkspace, refused, run } from './session';

const planPath = (): string => inWorkspace('judged.surgery.json');

/** A plan of its own with few epochs, so that the pairs are quick. */
async function writePlan(epochs: number): Promise<void> {
  const plan = JSON.parse(await readFile(inWorkspace('transfer.surgery.json'), 'utf8')) as Plan;
  await writeFile(planPath(), JSON.stringify({ ...plan, phases: plan.phases.map((phase) => ({ ...phase, epochs })) }));
}

function tabs(): readonly string[] {
  return vscode.window.tabGroups.all.flatMap((group) => group.tabs).map(({ label }) => label);
}

export function describeVerdict(): void {
  describe('verdict and runs', () => {
    before(() => writePlan(1));
    beforeEach(() => run('openModel', planPath()));
    after(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

    it('judges by arguments, without a dialog, and gives the verdict object', async function () {
      this.timeout(180_000);
      const verdict = await run<Verdict>('verdict', { pairs: 6, arms: ['transfer', 'scratch', 'feature'] });
      assert.equal(verdict.pairs.length, 6);
      assert.deepEqual(verdict.arms.map(({ name }) => name), ['transfer', 'scratch', 'feature']);
      assert.ok(verdict.sentence.startsWith('Over 6 pairs') && verdict.sentence.includes('Not varied'));
      for (const { transfer, scratch, difference } of verdict.pairs) assert.equal(difference, transfer.error - scratch.error);
      assert.ok(tabs().includes('Verdict'), 'panel Verdict is open');
      assert.equal(await run('copyVerdict'), verdict.sentence);
      assert.equal(await vscode.env.clipboard.readText(), verdict.sentence);
    });

    it('writes the report where it is told to', async () => {
      const out = inWorkspace('verdict.html');
      const { paths } = await run<{ paths: readonly string[] }>('saveVerdictReport', { out });
      assert.deepEqual(paths, [out]);
      assert.match(await readFile(out, 'utf8'), /<svg[^]*<blockquote|<blockquote[^]*<svg/);
      await refused('usage', run('saveVerdictReport', { out: inWorkspace('verdict.pdf') }));
      await refused('usage', run('saveVerdictReport', { out: 'verdict.html' }));
    });

    it('refuses other arguments, and names what it expected', async () => {
      await refused('usage', run('verdict', { pairs: 0 }));
      await refused('usage', run('verdict', { pairs: 6, arms: ['transfer', 'magic'] }));
      await refused('usage', run('verdict', { pairs: 6, classes: ['5:5'] }));
    });

    it('stops, keeps what is finished, and goes on with it', async function () {
      this.timeout(180_000);
      const judging = run<Verdict>('verdict', { pairs: 30, classes: ['5:6'] });
      await eventually('a pair is finished', async () => (await run<readonly RunRow[]>('listRuns')).some(({ kind, state }) => kind === 'verdict' && state === 'not finished'));
      await refused('usage', run('verdict', { pairs: 6 }));
      await new Promise((done) => setTimeout(done, 6000));
      assert.deepEqual(await run('stopVerdict'), { stopped: true });
      const ended = await judging.then((verdict) => ({ stopped: verdict.stopped, pairs: verdict.pairs.length }), (thrown: unknown) => (thrown as { code: string }).code);
      if (typeof ended === 'string') assert.equal(ended, 'stopped');
      else assert.ok(ended.stopped && ended.pairs < 30);
      assert.deepEqual(await run('stopVerdict'), { stopped: false });
    });

    it('lists runs, evaluations and verdicts, filters, compares, copies, annotates and removes them', async function () {
      this.timeout(120_000);
      const result = await run<RunEvent>('trainPhase1');
      assert.equal(result.type, 'result');
      const all = await run<readonly RunRow[]>('listRuns');
      const trained = all.find(({ kind, title }) => kind === 'run' && title === planPath());
      const judged = all.find(({ kind, state }) => kind === 'verdict' && state === 'done');
      assert.ok(trained && judged);
      assert.deepEqual(trained.settings?.phases.map(({ epochs, learningRate }) => [epochs, learningRate]), [[1, 0.01]]);

      const laws = await run<readonly RunRow[]>('filterRuns', { text: 'verdict pairs' });
      assert.ok(laws.length >= 1 && laws.every(({ kind }) => kind === 'verdict'));
      await run('filterRuns', { text: '' });

      assert.deepEqual(await run('openRun', trained.id), { shown: 'training' });
      assert.deepEqual(await run('openRun', judged.id), { shown: 'verdict' });
      const { rows } = await run<{ rows: readonly Comparison[] }>('compareRuns', { runs: [trained.id, judged.id] });
      assert.ok(rows.some(({ what, differs }) => what === 'kind' && differs));
      assert.match(await run<string>('copyRun', trained.id), /\| phase 1 learning rate \| 0\.01 \|/);
      await run('addNote', { run: trained.id, note: 'the first | one' });
      const noted = (await run<readonly RunRow[]>('listRuns')).find(({ id }) => id === trained.id);
      assert.deepEqual(noted?.notes, ['the first | one']);
      const left = await run<readonly RunRow[]>('removeRun', trained.id);
      assert.ok(left.every(({ id }) => id !== trained.id));
      await refused('usage', run('openRun', trained.id));
      assert.ok(existsSync(inWorkspace('.model-surgery/ledger.jsonl')));
    });

    it('suggests what to freeze, and applies it as one operation that can be undone', async () => {
      const before = flags(await run<Inspection>('inspect'));
      const suggestion = await run<FreezeSuggestion & { applied: readonly string[] }>('suggestFreeze', { apply: false });
      assert.equal(suggestion.layers.length, 6);
      assert.ok(suggestion.layers.every(({ relativeGradient }) => relativeGradient > 0) && suggestion.layers.at(-1)?.isHead);
      assert.deepEqual([suggestion.applied, flags(await run<Inspection>('inspect'))], [[], before]);
      const { applied, operation } = await run<FreezeSuggestion & { applied: readonly string[] }>('suggestFreeze', { apply: true });
      assert.deepEqual(applied, operation?.layers ?? []);
      const now = flags(await run<Inspection>('inspect'));
      for (const path of applied) assert.equal(now[path], false);
      if (applied.length > 0) await run('undoEdit');
      assert.deepEqual(flags(await run<Inspection>('inspect')), before);
    });
  });
}
