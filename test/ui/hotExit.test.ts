import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import { patience, Workbench } from './support/workbench';

const model = 'my_model_A.keras';
const frozen = ['dense', 'dense_1'];

describe('unsaved operations after a crash', function () {
  this.timeout(300_000);
  let workbench: Workbench;
  /** The file that the first window left, and what it held. */
  let [place, left] = ['', ''];
  const storage = (): string => join(workbench.server.profile, 'user/User/workspaceStorage');

  before(async () => { workbench = await Workbench.start(); });
  after(() => workbench.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.keepFailure(this.currentTest.title);
  });

  it('are on disk when they are seen, and come back with the window, unsaved', async () => {
    await workbench.openModelFile(model);
    const editor = await workbench.webview('#layers li.layer');
    for (const layer of frozen) {
      await box(editor, layer).click();
      await box(editor, layer, false).waitFor({ timeout: patience });
    }
    await dirtyTab().waitFor({ timeout: patience });
    await eventually('the operations are kept', async () => (await kept()) === frozen.join());
    [[place, left]] = await keptBelow(storage());
    await crash();
    await seenAgain();
    assert.ok(!existsSync(join(workbench.workspace, `${model}.edits.json`)), 'nothing was saved');
  });

  it('are undone one by one, and reverted', async () => {
    const editor = await workbench.webview('#layers li.layer');
    await workbench.run('Model Surgery: Undo Edit');
    await box(editor, 'dense_1', true).waitFor({ timeout: patience });
    await box(editor, 'dense', false).waitFor({ timeout: patience });
    await dirtyTab().waitFor({ timeout: patience });
    await workbench.run('Model Surgery: Redo Edit');
    await box(editor, 'dense_1', false).waitFor({ timeout: patience });
    await workbench.run('File: Revert File');
    for (const layer of frozen) await box(editor, layer, true).waitFor({ timeout: patience });
    await dirtyTab().waitFor({ state: 'detached', timeout: patience });
    await eventually('nothing is kept', async () => (await kept()) === '');
  });

  it('that VS Code knows nothing of come back with a notice that gives them up', async () => {
    await leave(left);
    await workbench.openFile(model);
    await seenAgain();
    const notice = toast(`Unsaved operations of ${model} were restored`);
    await notice.waitFor({ timeout: patience });
    await workbench.screenshot('restored');
    await notice.getByRole('button', { name: 'Discard' }).click();
    await dirtyTab().waitFor({ state: 'detached', timeout: patience });
    await box(await workbench.webview('#layers li.layer'), 'dense', true).waitFor({ timeout: patience });
    await eventually('nothing is kept', async () => (await kept()) === '');
  });

  it('are never done to a file that is another by now: they are shown, and go when they are given up', async () => {
    await leave(left.replace(/"sha256": "\w+"/, `"sha256": "${'0'.repeat(64)}"`));
    await workbench.openFile(model);
    const notice = toast(`Unsaved operations of ${model} were not restored. The file has changed`);
    await notice.waitFor({ timeout: patience });
    await box(await workbench.webview('#layers li.layer'), 'dense', true).waitFor({ timeout: patience });
    assert.equal(await dirtyTab().count(), 0);
    await notice.getByRole('button', { name: 'Show Operations' }).click();
    await workbench.page.locator('.view-lines', { hasText: 'setTrainable' }).waitFor({ timeout: patience });
    assert.equal(await kept(), frozen.join(), 'they are not lost by being looked at');
    await workbench.run('View: Close All Editors');
    await workbench.page.locator('.monaco-dialog-box').getByRole('button', { name: "Don't Save" }).click({ timeout: patience });
    await workbench.openFile(model);
    await toast('were not restored').getByRole('button', { name: 'Discard' }).click({ timeout: patience });
    await eventually('nothing is kept', async () => (await kept()) === '');
  });

  it('of a window that lives stay its own, and can be copied', async () => {
    await leave(left.replace(/"process": \d+/, `"process": ${process.pid}`));
    await workbench.openFile(model);
    const notice = toast(`${model} has unsaved operations in another window`);
    await notice.waitFor({ timeout: patience });
    const editor = await workbench.webview('#layers li.layer');
    await box(editor, 'dense', true).waitFor({ timeout: patience });
    await notice.getByRole('button', { name: 'Copy Them Here' }).click();
    await seenAgain();
    await eventually('each window keeps its own', async () => (await kept()) === [...frozen, ...frozen].join());
    await workbench.run('File: Revert File');
    await dirtyTab().waitFor({ state: 'detached', timeout: patience });
    await eventually('the other window has its own', async () => (await kept()) === frozen.join());
  });

  /** As a window would leave it that ended while this one had the model closed. */
  async function leave(text: string): Promise<void> {
    await workbench.run('View: Close All Editors');
    await workbench.run('Notifications: Clear All Notifications');
    await writeFile(place, text);
  }

  function toast(text: string): Locator {
    return workbench.page.locator('.notification-toast', { hasText: text }).first();
  }

  function dirtyTab(): Locator {
    return workbench.page.locator('.tabs-container .tab.dirty', { hasText: model }).first();
  }

  /** The extension host ends as a crash or the system would end it, and its user loads the window again at once. */
  async function crash(): Promise<void> {
    assert.ok((await workbench.server.killExtensionHosts()) >= 1, 'there was an extension host to kill');
    await workbench.page.reload();
    await workbench.page.locator('.monaco-workbench').waitFor({ timeout: patience });
  }

  async function seenAgain(): Promise<void> {
    const again = await workbench.webview('#layers li.layer');
    for (const layer of frozen) await box(again, layer, false).waitFor({ timeout: patience });
    await dirtyTab().waitFor({ timeout: patience });
    await box(again, 'dense_2', true).waitFor({ timeout: patience });
  }

  /** The layers that the files in the extension's storage freeze; empty where there is no file. */
  async function kept(): Promise<string> {
    const files = await keptBelow(storage());
    return files.flatMap(([, text]) => (JSON.parse(text) as { readonly operations: readonly { readonly layers: readonly string[] }[] }).operations.flatMap(({ layers }) => layers)).join();
  }
});

function box(editor: FrameLocator, layer: string, checked?: boolean): Locator {
  const state = checked === undefined ? '' : `[aria-checked=${checked}]`;
  return editor.locator(`#layers [role=checkbox][aria-label="${layer}"]${state}`).first();
}

async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + patience;
  while (!(await isSo())) {
    assert.ok(Date.now() < deadline, `it never came about: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** The files of unsaved edits below a folder, and what each holds; none where it is not there yet. */
async function keptBelow(folder: string): Promise<[path: string, text: string][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.filter((entry) => entry.isFile() && entry.parentPath.endsWith('/unsaved') && entry.name.endsWith('.json')).map(({ parentPath, name }) => join(parentPath, name));
  const files = await Promise.all(paths.map(async (path): Promise<[string, string]> => [path, await readFile(path, 'utf8').catch(() => '')]));
  return files.filter(([, text]) => text !== '');
}
