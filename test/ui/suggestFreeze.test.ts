import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import type { Plan } from '../../src/core/plan/plan';
import { patience, Workbench } from './support/workbench';

const planName = 'transfer.surgery.json';
/** The penalty pulls this layer so hard that the others hardly count. */
const pulled = 'dense_4';
const proposed = ['dense', 'dense_1', 'dense_2', 'dense_3'];

describe('Suggest Freeze in the real workbench', function () {
  this.timeout(240_000);
  let workbench: Workbench;

  before(async () => {
    workbench = await Workbench.start({ keybindings: [{ key: 'ctrl+alt+shift+1', command: 'modelSurgery.renameLayer', args: { layer: 'head', name: 'top' } }] });
    const path = join(workbench.workspace, planName);
    const plan = JSON.parse(await readFile(path, 'utf8')) as Plan;
    const penalty = { op: 'setRegularizer', layer: pulled, weight: 'kernel', regularizer: { class_name: 'L2', config: { l2: 10 } } };
    await writeFile(path, JSON.stringify({ ...plan, operations: [...plan.operations, penalty] }, null, 2));
  });

  after(() => workbench.stop());

  it('draws the pulls beside the layers, and words for those who hear them', async () => {
    await workbench.openPlan(planName);
    await workbench.showViews();
    await workbench.treeRow(pulled).waitFor({ timeout: patience });
    await workbench.run('Model Surgery: Suggest Freeze');
    await pickTitle().waitFor({ timeout: patience });
    for (const layer of proposed) await row(layer, 'proposed to freeze').waitFor({ timeout: patience });
    await row(pulled, '100 percent of the largest').filter({ hasText: /█{6} 2\.0e\+1/ }).waitFor({ timeout: patience });
    await row('head', 'the head').waitFor({ timeout: patience });
  });

  it('freezes the proposed set by one click after the list was left, and keeps the bars', async () => {
    await workbench.page.keyboard.press('Escape');
    await pickTitle().waitFor({ state: 'hidden', timeout: patience });
    await workbench.page.locator('.notification-toast a', { hasText: `Freeze These ${proposed.length} Layers` }).click({ timeout: patience });
    for (const layer of proposed) await workbench.page.locator(`${rowWith(layer, 'proposed to freeze')}:has(.codicon-lock)`).waitFor({ timeout: patience });
    await workbench.page.locator(`${rowWith(pulled, 'percent')}:has(.codicon-unlock)`).waitFor({ timeout: patience });
  });

  it('takes the bars away when the model changes', async () => {
    await workbench.page.keyboard.press('Control+Alt+Shift+1');
    await workbench.treeRow('top').waitFor({ timeout: patience });
    await row(pulled, 'percent').waitFor({ state: 'detached', timeout: patience });
    await workbench.treeRow(pulled).waitFor({ timeout: patience });
  });

  function pickTitle(): Locator {
    return workbench.page.locator('.quick-input-widget .quick-input-title', { hasText: 'Suggest Freeze' });
  }

  /** A row of the tree by what a screen reader says of it. */
  function row(layer: string, words: string): Locator {
    return workbench.page.locator(rowWith(layer, words)).first();
  }
});

function rowWith(layer: string, words: string): string {
  return `.sidebar .monaco-list-row[aria-label^="${layer} relative gradient"][aria-label*="${words}"]`;
}
