import assert from 'node:assert/strict';
import { copyFile, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import { patience, Workbench } from './support/workbench';

const model = 'my_model_A.keras';

describe('a model file in two windows, and under the hands of others', function () {
  this.timeout(300_000);
  let one: Workbench;
  let other: Workbench;
  let [oneEditor, otherEditor]: FrameLocator[] = [];

  before(async () => {
    one = await Workbench.start();
    other = await one.anotherWindow();
    for (const window of [one, other]) await window.openModelFile(model);
    [oneEditor, otherEditor] = await Promise.all([one, other].map((window) => window.webview('#layers li.layer')));
  });
  after(() => one.stop());
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    await one.keepFailure(`${this.currentTest.title} one`);
    await other.keepFailure(`${this.currentTest.title} other`);
  });

  const dirtyTab = (window: Workbench): Locator => window.page.locator('.tabs-container .tab.dirty', { hasText: model }).first();
  const dirty = (window: Workbench, is: boolean): Promise<void> => dirtyTab(window).waitFor({ state: is ? 'visible' : 'detached', timeout: patience });
  const box = (editor: FrameLocator, layer: string, checked: boolean): Locator => editor.locator(`#layers [role=checkbox][aria-label="${layer}"][aria-checked=${checked}]`).first();
  const isFrozen = (editor: FrameLocator, layer: string, frozen: boolean): Promise<void> => box(editor, layer, !frozen).waitFor({ timeout: patience });

  async function freeze(editor: FrameLocator, layer: string): Promise<void> {
    await box(editor, layer, true).click({ timeout: patience });
    await isFrozen(editor, layer, true);
  }

  /** The layers that the saved edits freeze, in order. */
  async function saved(): Promise<string> {
    const { operations } = JSON.parse(await readFile(join(one.workspace, `${model}.edits.json`), 'utf8')) as { readonly operations: readonly { readonly layers: readonly string[] }[] };
    return operations.flatMap(({ layers }) => layers).join();
  }

  it('each window has its own edits, and follows what another saves while it has none', async () => {
    await freeze(oneEditor, 'dense');
    await dirty(one, true);
    await dirty(other, false);
    await isFrozen(otherEditor, 'dense', false);
    await one.run('File: Save');
    await dirty(one, false);
    await isFrozen(otherEditor, 'dense', true);
    await dirty(other, false);
  });

  it('asks before it writes over what another window has saved', async () => {
    await freeze(otherEditor, 'dense_1');
    await freeze(oneEditor, 'dense_2');
    await one.run('File: Save');
    await dirty(one, false);
    await isFrozen(otherEditor, 'dense_2', false);
    await other.run('File: Save');
    const question = other.page.locator('.monaco-dialog-box', { hasText: 'has saved other edits' });
    await question.waitFor({ timeout: patience });
    await other.screenshot('saved-in-another-window');
    await question.getByRole('button', { name: 'Cancel' }).click();
    await dirty(other, true);
    assert.equal(await saved(), 'dense,dense_2');
    await other.run('File: Save');
    await question.getByRole('button', { name: 'Overwrite' }).click({ timeout: patience });
    await dirty(other, false);
    assert.equal(await saved(), 'dense,dense_1');
    await isFrozen(oneEditor, 'dense_1', true);
    await isFrozen(oneEditor, 'dense_2', false);
    await dirty(one, false);
  });

  it('reverts to what another window has saved', async () => {
    await freeze(otherEditor, 'dense_3');
    await freeze(oneEditor, 'dense_4');
    await one.run('File: Save');
    await dirty(one, false);
    await other.run('File: Revert File');
    await dirty(other, false);
    await isFrozen(otherEditor, 'dense_4', true);
    await isFrozen(otherEditor, 'dense_3', false);
  });

  it('is shown as it was read last when it is gone, in both windows, and as it is when it is back', async () => {
    const away = join(one.workspace, 'away');
    await rename(join(one.workspace, model), away);
    for (const editor of [oneEditor, otherEditor]) {
      await editor.locator('#failure', { hasText: 'Shown as it was read last' }).waitFor({ timeout: patience });
      await isFrozen(editor, 'dense_4', true);
    }
    await one.screenshot('file-gone');
    await copyFile(away, join(one.workspace, model));
    for (const editor of [oneEditor, otherEditor]) {
      await editor.locator('#failure', { hasText: 'Shown' }).waitFor({ state: 'detached', timeout: patience });
      await isFrozen(editor, 'dense_4', true);
    }
    assert.deepEqual([...one.violations, ...other.violations], []);
  });
});
