import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { patience, Workbench } from './support/workbench';

const refusal = 'needs a trusted workspace';

describe('Restricted Mode in the real workbench', function () {
  this.timeout(240_000);
  let workbench: Workbench;
  let folder: string;
  let out: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'model-surgery-trust-'));
    out = join(folder, 'exported.keras');
    // As another extension or a task would call them: by id, with the answers.
    const keybindings = [
      { key: 'ctrl+alt+shift+1', command: 'modelSurgery.trainAllPhases' },
      { key: 'ctrl+alt+shift+2', command: 'modelSurgery.exportModel', args: { to: 'keras', out } },
    ];
    workbench = await Workbench.start({ restricted: true, keybindings });
  });

  after(async () => {
    await workbench.stop();
    await rm(folder, { recursive: true });
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.keepFailure(this.currentTest.title);
  });

  it('inspects a model and its weights', async () => {
    await workbench.statusBar('Restricted Mode').waitFor({ timeout: patience });
    await workbench.openPlan('transfer.surgery.json');
    await workbench.showViews();
    await workbench.checkbox('dense').waitFor({ timeout: patience });
    await workbench.runAnswering('Model Surgery: Inspect Weights', 'Layer to inspect', 'dense');
    const weights = await workbench.webview('#weights section');
    await weights.locator('canvas[aria-label^="heatmap of kernel"]').first().waitFor({ timeout: patience });
  });

  it('refuses to train and to export, from the palette and by id', async () => {
    for (const title of ['Train All Phases', 'Clone', 'Evaluate', 'Replay Run']) {
      await workbench.run(`Model Surgery: ${title}`);
      await workbench.message(refusal);
      await workbench.dismiss();
    }
    for (const [key, what] of [['1', 'Training'], ['2', 'Export']]) {
      await workbench.page.keyboard.press(`Control+Alt+Shift+${key}`);
      await workbench.message(`${what} ${refusal}`);
      await workbench.dismiss();
    }
    assert.equal(existsSync(join(workbench.workspace, '.model-surgery')), false);
    assert.equal(existsSync(out), false);
  });

  it('trains and exports once trust is given, without a reload', async () => {
    await workbench.page.evaluate(`document.body.dataset.loadedOnce = "yes"`);
    await workbench.run('Workspaces: Manage Workspace Trust');
    await workbench.page.locator('.workspace-trust-editor .monaco-button', { hasText: 'Trust' }).first().click({ timeout: patience });
    await workbench.statusBar('Restricted Mode').waitFor({ state: 'detached', timeout: patience });
    await workbench.page.keyboard.press('Control+Alt+Shift+1');
    const training = await workbench.webview('#log');
    await training.locator('#status', { hasText: 'Test:' }).waitFor({ timeout: patience });
    await workbench.page.keyboard.press('Control+Alt+Shift+2');
    await workbench.message('Exported');
    assert.ok(existsSync(out));
    assert.equal(await workbench.page.evaluate(`document.body.dataset.loadedOnce`), 'yes');
  });
});
