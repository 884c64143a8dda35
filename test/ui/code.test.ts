import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { projectRoot } from '../support/cached';
import { unpacked } from '../support/memoryFolder';
import { patience, Workbench } from './support/workbench';

const lines = ['import keras', 'model = keras.models.load_model("my_model_A.keras")', 'for layer in model.layers[:-1]:', '    layer.trainable = False', ''];
const cell = { cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source: lines.map((line) => `${line}\n`) };
const notebook = { cells: [cell], metadata: { language_info: { name: 'python' } }, nbformat: 4, nbformat_minor: 5 };
const savedModel = unpacked(readFileSync(join(projectRoot, 'test/keras/golden/savedModels/nested.zip')));

describe('models in code and in folders, in the real workbench', function () {
  this.timeout(240_000);
  let workbench: Workbench;

  before(async () => {
    const saved = [...savedModel].map(([name, bytes]) => [`saved/${name}`, bytes] as const);
    workbench = await Workbench.start({ files: { 'use.py': lines.join('\n'), 'use.ipynb': JSON.stringify(notebook), ...Object.fromEntries(saved) } });
  });
  after(() => workbench.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.keepFailure(this.currentTest.title);
  });

  const hovered = (): Locator => workbench.page.locator('.monaco-hover:visible', { hasText: 'my_model_A.keras: 276,158 parameters' }).first();

  /** The extension may still be waking up when the pointer comes: it comes again, as a user's would. */
  async function hover(path: Locator): Promise<Locator> {
    await path.waitFor({ timeout: patience });
    for (let attempt = 1; ; attempt++) {
      await path.hover();
      const shown = await hovered().waitFor({ timeout: patience / 5 }).then(() => true, () => false);
      if (shown) return hovered();
      assert.ok(attempt < 6, 'no hover came');
      await workbench.page.mouse.move(5, 5);
    }
  }

  it('Python: the path of a model shows its layers, and a link opens it', async () => {
    await workbench.openFile('use.py');
    const shown = await hover(workbench.page.locator('.view-line span', { hasText: /^"my_model_A\.keras"$/ }).last());
    assert.match(await shown.innerText(), /dense Dense \(None, 300\), Trainable/);
    await workbench.screenshot('python-hover');
    await shown.locator('a', { hasText: 'Open Model' }).click();
    await workbench.statusBar(/compile/).waitFor({ timeout: patience });
    await (await workbench.webview('#layers li.layer')).locator('[role=checkbox][aria-label=dense][aria-checked=true]').waitFor({ timeout: patience });
  });

  it('Python: a loop that freezes is done to the open model by the lens above it', async () => {
    await workbench.showTab('use.py');
    await workbench.page.locator('.codelens-decoration a', { hasText: 'Apply This Freeze Set' }).click({ timeout: patience });
    await workbench.statusBar(/changed since compile/).waitFor({ timeout: patience });
    await workbench.showTab('my_model_A.keras');
    const editor = await workbench.webview('#layers li.layer');
    await editor.locator('[role=checkbox][aria-label=dense_4][aria-checked=false]').first().waitFor({ timeout: patience });
  });

  it('a notebook says the same of a path in a cell', async () => {
    await workbench.run('View: Close All Editors');
    await workbench.page.locator('.monaco-dialog-box').getByRole('button', { name: "Don't Save" }).click({ timeout: patience });
    await workbench.openFile('use.ipynb');
    const shown = await hover(workbench.page.locator('.notebook-editor .view-line span', { hasText: /^"my_model_A\.keras"$/ }).last());
    assert.match(await shown.innerText(), /dense Dense \(None, 300\)/);
    await workbench.screenshot('notebook-hover');
    await shown.locator('a', { hasText: 'Open Model' }).click();
    await (await workbench.webview('#layers li.layer')).locator('[role=checkbox][aria-label=dense][aria-checked=true]').waitFor({ timeout: patience });
  });

  it('the folder of a SavedModel is opened from the explorer, and its layers stand in the view', async () => {
    await workbench.openExplorer();
    await workbench.page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'saved' }).first().click({ button: 'right', timeout: patience });
    // A click that comes while the menu opens is lost.
    await workbench.page.locator('.monaco-menu .action-label', { hasText: 'Open Model' }).first().hover({ timeout: patience });
    await workbench.page.locator('.monaco-menu .action-item.focused', { hasText: 'Open Model' }).waitFor({ timeout: patience });
    await workbench.page.keyboard.press('Enter');
    await workbench.checkbox('tower').waitFor({ timeout: patience });
    await workbench.checkbox('tower').click();
    await workbench.statusBar(/changed since compile: 1 flag/).waitFor({ timeout: patience });
    await workbench.screenshot('saved-model');
    assert.deepEqual(workbench.violations, []);
  });
});
