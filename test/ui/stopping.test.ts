import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrameLocator } from 'playwright-core';
import type { Plan } from '../../src/core/plan/plan';
import { projectRoot } from '../support/cached';
import { patience, Workbench } from './support/workbench';

/** The sample's plan with a first phase that nobody waits for: the sample's own ends before a click. */
async function longPlan(): Promise<string> {
  const plan = JSON.parse(await readFile(join(projectRoot, 'samples/fashion-mnist/transfer.surgery.json'), 'utf8')) as Plan;
  return JSON.stringify({ ...plan, phases: plan.phases.map((phase) => ({ ...phase, epochs: 20_000 })) });
}

describe('a run in the real workbench', function () {
  this.timeout(240_000);
  let workbench: Workbench;
  let training: FrameLocator;

  before(async () => {
    workbench = await Workbench.start({ files: { 'long.surgery.json': await longPlan() }, without: ['transfer.surgery.json'] });
  });

  after(() => workbench.stop());

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.keepFailure(this.currentTest.title);
  });

  const written = (name: string): boolean => {
    const runs = join(workbench.workspace, '.model-surgery/runs');
    const folders = readdirSync(runs);
    assert.equal(folders.length, 1);
    return existsSync(join(runs, folders[0], name));
  };

  it('is stopped by a click, and leaves the last and the best weights', async () => {
    await workbench.openPlan('long.surgery.json');
    await workbench.run('Model Surgery: Train All Phases');
    training = await workbench.webview('#log');
    await training.locator('#table-body tr').nth(4).waitFor({ timeout: patience });
    await training.locator('#stop').click({ timeout: patience });
    await training.locator('#status', { hasText: 'stopped' }).waitFor({ timeout: patience });
    await training.locator('#log', { hasText: 'Saved' }).waitFor({ timeout: patience });
    await training.locator('#phases dd', { hasText: 'stopped' }).waitFor({ timeout: patience });
    assert.ok(written('model.keras') && written('best.keras'));
    assert.equal(await training.locator('#stop').isDisabled(), true);
    await workbench.screenshot('training-stopped');
  });

  it('goes on by a click where it was stopped', async () => {
    const before = await training.locator('#table-body tr').count();
    await training.locator('#resume').click({ timeout: patience });
    await training.locator('#log', { hasText: 'Resumed from checkpoint' }).waitFor({ timeout: patience });
    await training.locator('#table-body tr').nth(before + 2).waitFor({ timeout: patience });
    await training.locator('#stop').click({ timeout: patience });
    await training.locator('#status', { hasText: 'stopped' }).waitFor({ timeout: patience });
    assert.ok(written('model.keras'), 'it is the same run');
    assert.deepEqual(workbench.violations, []);
  });
});
