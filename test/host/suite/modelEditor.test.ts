import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Inspection } from '../../../src/core/inspect/inspection';
import { editorIds } from '../../../src/extension/ids';
import { eventually, flags, inWorkspace, refused, run } from './session';

const model = (): string => inWorkspace('edited/model.keras');

function modelTab(): vscode.Tab | undefined {
  return vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs)
    .find(({ input }) => input instanceof vscode.TabInputCustom && input.viewType === editorIds.model && input.uri.fsPath === model());
}

const isDirty = (dirty: boolean): Promise<void> => eventually(`the tab is ${dirty ? 'dirty' : 'clean'}`, () => modelTab()?.isDirty === dirty);

async function openEditor(): Promise<void> {
  await vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(model()), editorIds.model);
  await eventually('its tab', () => modelTab() !== undefined);
}

/** How many layers are frozen, in the document that trees and commands see. */
async function frozen(): Promise<number> {
  return Object.values(flags(await run<Inspection>('inspect'))).filter((on) => !on).length;
}

export function describeModelEditor(): void {
  describe('the model editor', () => {
    beforeEach(async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await mkdir(dirname(model()), { recursive: true });
      await copyFile(inWorkspace('my_model_A.keras'), model());
      await run('openModel', model());
      await openEditor();
      await isDirty(false);
    });
    after(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

    it('takes commands as edits that VS Code undoes and does again', async () => {
      const [first, second] = (await run<Inspection>('inspect')).layers.slice(1);
      await run('freezeLayer', first.path);
      await run('freezeLayer', second.path);
      await isDirty(true);
      await vscode.commands.executeCommand('undo');
      assert.equal(await frozen(), 1);
      await vscode.commands.executeCommand('undo');
      assert.equal(await frozen(), 0);
      await isDirty(false);
      await vscode.commands.executeCommand('redo');
      assert.equal(await frozen(), 1);
      await isDirty(true);
    });

    it('goes back by our own commands on the same stack', async () => {
      await run('freezeAllButHead');
      assert.equal(Object.values(flags(await run<Inspection>('undoEdit'))).includes(false), false);
      await isDirty(false);
      assert.equal(Object.values(flags(await run<Inspection>('redoEdit'))).filter((on) => !on).length, 6);
      await vscode.commands.executeCommand('undo');
      assert.equal(await frozen(), 0);
    });

    it('saves the edits beside the source, never into it, and opens with them', async () => {
      const hash = async (): Promise<string> => createHash('sha256').update(await readFile(model())).digest('hex');
      const before = await hash();
      await run('freezeAllButHead');
      await isDirty(true);
      await vscode.commands.executeCommand('workbench.action.files.save');
      await isDirty(false);
      assert.equal(await hash(), before);
      const saved = JSON.parse(await readFile(`${model()}.edits.json`, 'utf8')) as { model: string; operations: unknown };
      assert.deepEqual(saved, { version: 1, model: 'model.keras', operations: [{ op: 'setTrainable', layers: 'all but head', trainable: false }] });
      assert.equal(await frozen(), 6);
    });

    it('reverts to what was saved', async () => {
      await run('freezeAllButHead');
      await vscode.commands.executeCommand('workbench.action.files.save');
      await isDirty(false);
      await run('unfreezeAll');
      await isDirty(true);
      await vscode.commands.executeCommand('workbench.action.files.revert');
      await isDirty(false);
      assert.equal(await frozen(), 6);
    });

    it('learns of edits that were made while it was closed', async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await run('freezeAllButHead');
      await openEditor();
      await isDirty(true);
      await vscode.commands.executeCommand('undo');
      await isDirty(false);
      assert.equal(await frozen(), 0);
    });

    it('follows its file: written by another program, removed, and back', async () => {
      const other = inWorkspace('edited/other.keras');
      await run('replaceHead', { units: 3, activation: 'softmax' });
      await run('exportModel', { to: 'keras', out: other });
      await vscode.commands.executeCommand('undo');
      const [layer, next] = (await run<Inspection>('inspect')).layers.slice(1);
      await run('freezeLayer', layer.path);
      await copyFile(other, model());
      await eventually('the other head', async () => (await run<Inspection>('inspect')).layers.at(-1)?.outputShape?.[1] === 3);
      assert.equal(await frozen(), 1, 'the edit is done to what the file holds now');
      await vscode.commands.executeCommand('undo');
      assert.deepEqual([await frozen(), (await run<Inspection>('inspect')).layers.at(-1)?.outputShape], [0, [null, 3]]);

      const before = await run<Inspection>('inspect');
      await rm(model());
      await refused('file-missing', run('freezeLayer', next.path));
      await delay(1000);
      assert.deepEqual(await run('inspect'), before, 'it stays as it was shown');
      await copyFile(inWorkspace('my_model_A.keras'), model());
      await eventually('the first head', async () => (await run<Inspection>('inspect')).layers.at(-1)?.outputShape?.[1] === 8);
      await run('freezeLayer', next.path);
      assert.equal(await frozen(), 1);
      await rm(`${model()}.edits.json`, { force: true });
    });

    it('gives up unsaved edits when it is closed without saving', async () => {
      await run('freezeAllButHead');
      await isDirty(true);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await eventually('the tab is closed', () => modelTab() === undefined);
      assert.equal(await frozen(), 0);
      assert.equal(existsSync(`${model()}.edits.json.tmp`), false);
    });
  });
}
