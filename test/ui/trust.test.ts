import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { patience, Workbench } from './support/workbench';

const refusal = 'needs a trusted workspace';

/** What runs or writes; the first two are asked again when the workspace is trusted. */
const byId = [['trainAllPhases', undefined], ['trainPhase1', undefined], ['trainPhase2', undefined], ['resumeTraining', undefined], ['verdict', { pairs: 2 }]] as const;

describe('Restricted Mode in the real workbench', function () {
  this.timeout(240_000);
  let workbench: Workbench;
  let folder: string;
  let out: string;
  let called: string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'model-surgery-trust-'));
    out = join(folder, 'exported.keras');
    // As another extension or a task would call them: by id, with the answers.
    const calls = [
      ...byId, ['exportModel', { to: 'keras', out }], ['exportTensor', { layer: 'dense', weight: 'kernel', out }], ['clone', { out }],
      ['installTensorFlowEngine', { from: folder }],
    ] as const;
    const keybindings = calls.map(([name, args], index) => ({ key: `ctrl+alt+shift+${'1234567890'[index]}`, command: `modelSurgery.${name}`, args }));
    called = keybindings.map(({ key }) => key);
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

  it('does not write the figures that it shows, by the buttons of the panel', async () => {
    const weights = await workbench.webview('#weights section');
    const refused = weights.locator('[role=alert]', { hasText: refusal });
    for (const button of [weights.locator('[aria-label="Export .npy of kernel"]'), weights.locator('button', { hasText: 'Save PNG' }).first()]) {
      await button.click({ timeout: patience });
      await refused.waitFor({ timeout: patience });
      assert.equal(await workbench.page.locator('.quick-input-widget .quick-input-title:visible').count(), 0, 'nothing is asked for');
      await weights.locator('body').evaluate((body) => { for (const alert of (body as unknown as { querySelectorAll(name: string): Iterable<{ textContent: string }> }).querySelectorAll('[role=alert]')) alert.textContent = ''; });
    }
    await workbench.screenshot('restricted');
  });

  it('refuses to train and to export, from the palette and by id', async () => {
    for (const title of ['Train All Phases', 'Clone', 'Evaluate', 'Replay Run']) {
      await workbench.run(`Model Surgery: ${title}`);
      await workbench.message(refusal);
      await workbench.dismiss();
    }
    for (const key of called) {
      await workbench.page.keyboard.press(key.replace(/ctrl|alt|shift/g, (name) => ({ ctrl: 'Control', alt: 'Alt', shift: 'Shift' })[name] ?? name));
      await workbench.message(refusal);
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
    await workbench.page.keyboard.press('Control+Alt+Shift+6');
    await workbench.message('Exported');
    assert.ok(existsSync(out));
    assert.equal(await workbench.page.evaluate(`document.body.dataset.loadedOnce`), 'yes');
  });
});
