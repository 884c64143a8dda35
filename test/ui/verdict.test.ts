import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { FrameLocator } from 'playwright-core';
import type { Plan } from '../../src/core/plan/plan';
import { projectRoot } from '../support/cached';
import { patience, Workbench } from './support/workbench';

/** The sample's plan with few epochs, so that the pairs are quick. */
async function quickPlan(): Promise<string> {
  const plan = JSON.parse(await readFile(join(projectRoot, 'samples/fashion-mnist/transfer.surgery.json'), 'utf8')) as Plan;
  return JSON.stringify({ ...plan, phases: plan.phases.map((phase) => ({ ...phase, epochs: 4 })) });
}

interface Finding { readonly id: string; readonly impact: string | null; readonly nodes: readonly { readonly html: string }[] }

/** What axe finds in the page that is serious. */
async function seriousFindings(panel: FrameLocator): Promise<readonly string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const main = await panel.locator('main').elementHandle({ timeout: patience });
  const frame = await main.ownerFrame();
  assert.ok(frame);
  await frame.evaluate(source);
  const { violations } = await frame.evaluate<{ readonly violations: readonly Finding[] }>('axe.run(document, { resultTypes: ["violations"] })');
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' ')}`);
}

describe('panel Verdict in the real workbench', function () {
  this.timeout(300_000);
  /** ms; a tuned verdict on a busy machine */
  const long = 200_000;
  let workbench: Workbench;
  let panel: FrameLocator;
  let sentence = '';

  before(async () => {
    workbench = await Workbench.start({ files: { 'quick.surgery.json': await quickPlan() }, without: ['transfer.surgery.json'] });
  });

  after(() => workbench.stop());

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.keepFailure(this.currentTest.title);
  });

  it('judges from the palette, tells how far it is, and can be stopped by a click', async () => {
    await workbench.openPlan('quick.surgery.json');
    await workbench.runAnswering('Model Surgery: Verdict', 'Verdict', '30');
    panel = await workbench.webview('#sentence');
    await panel.locator('#arms .arm').first().waitFor({ timeout: long });
    await panel.locator('#arms progress[aria-label^="scratch: 1 of 30"], #arms progress[aria-label^="scratch: 2 of 30"], #arms progress[aria-label^="scratch: 3 of 30"]').first().waitFor({ timeout: long });
    await workbench.screenshot('verdict-progress');
    await panel.locator('#stop').click({ timeout: patience });
    await panel.locator('#go-on:not([hidden])').waitFor({ timeout: long });
    await panel.locator('#sentence', { hasText: 'too few to say anything' }).waitFor({ timeout: patience });
    assert.equal(await panel.locator('#stop').isDisabled(), true);
  });

  it('goes on by a click, and ends with the sentence first, the figures and the tables', async () => {
    await panel.locator('#go-on').click({ timeout: patience });
    await panel.locator('#sentence', { hasText: 'Over 30 pairs' }).waitFor({ timeout: long });
    assert.equal(await panel.locator('#stop').isDisabled(), true);
    sentence = await panel.locator('#sentence').innerText();
    assert.match(sentence, /^Over 30 pairs .* against .*Not varied: /);
    for (const [name, label] of [['pairs', 'Error of each'], ['difference', 'Difference of'], ['probability', 'Probability that'], ['curves', 'Training loss by epoch']]) {
      assert.equal(await panel.locator(`#figure-${name} svg[aria-label^="${label}"]`).count(), 1, name);
    }
    assert.equal(await panel.locator('#figure-pairs circle').count(), 60);
    assert.equal(await panel.locator('table[aria-label^="Pairs"] tbody tr').count(), 30);
    assert.match(await panel.locator('#count').innerText(), /1 configuration was tried/);
    assert.ok((await panel.locator('#not-varied li').count()) >= 5);
    await workbench.screenshot('verdict');
  });

  it('stands in the tree Runs', async () => {
    await workbench.showViews();
    await workbench.treeRow('30 pairs').waitFor({ timeout: patience });
    await workbench.screenshot('runs');
  });

  it('is there again after it was hidden and after the window was loaded again', async () => {
    await workbench.run('View: Open Next Editor');
    await workbench.run('Model Surgery: Show Verdict');
    panel = await workbench.webview('#sentence');
    await panel.locator('#sentence', { hasText: sentence.slice(0, 40) }).waitFor({ timeout: patience });
    await workbench.page.waitForTimeout(3000);
    await workbench.page.reload();
    // The tab that was in front is; a panel behind it is made again when it is looked at.
    await workbench.page.locator('.tab', { hasText: 'Verdict' }).first().click({ timeout: patience });
    panel = await workbench.webview('#sentence');
    await panel.locator('#sentence', { hasText: sentence.slice(0, 40) }).waitFor({ timeout: patience });
    assert.equal(await panel.locator('#figures svg').count(), 4);
  });

  it('has nothing serious for axe in dark, light and high contrast', async () => {
    for (const [name, theme] of [['dark', 'Default Dark Modern'], ['light', 'Default Light Modern'], ['contrast', 'Default High Contrast']] as const) {
      await writeFile(join(workbench.workspace, '.vscode/settings.json'), JSON.stringify({ 'files.autoSave': 'off', 'workbench.colorTheme': theme }));
      await panel.locator(`body.vscode-${name === 'contrast' ? 'high-contrast' : name}`).waitFor({ timeout: patience });
      await workbench.page.waitForTimeout(500);
      assert.deepEqual(await seriousFindings(panel), [], name);
      await workbench.screenshot(`verdict-${name}`);
    }
  });

  it('broke no content security policy, and its ledger is on the disk', () => {
    assert.deepEqual(workbench.violations, []);
    assert.ok(existsSync(join(workbench.workspace, '.model-surgery/ledger.jsonl')));
  });
});
