import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { Inspection } from '../../../src/core/inspect/inspection';
import { commandIds, editorIds } from '../../../src/extension/ids';
import { api, compileState, eventually, inWorkspace, refused, run } from './session';

const model = (): string => inWorkspace('my_model_A.keras');

function customTabs(): readonly vscode.TabInputCustom[] {
  return vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).map(({ input }) => input).filter((input) => input instanceof vscode.TabInputCustom);
}

export function describeOpening(): void {
  describe('opening', () => {
    after(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

    it('registers every command', async () => {
      await api();
      const registered = new Set(await vscode.commands.getCommands(true));
      assert.deepEqual(Object.values(commandIds).filter((id) => !registered.has(id)), []);
    });

    it('refuses what needs a model while none is open', async () => {
      await refused('usage', run('freezeAllButHead'));
      await refused('usage', run('trainPhase1'));
    });

    it('gives the object of inspect for a Keras file, by Uri and by path', async () => {
      const byUri = await run<Inspection>('openModel', vscode.Uri.file(model()));
      assert.equal(byUri.format, 'keras');
      assert.equal(byUri.class, 'Sequential');
      assert.equal(byUri.sha256, createHash('sha256').update(await readFile(model())).digest('hex'));
      assert.deepEqual(byUri.layers.map(({ class: name }) => name), ['Flatten', 'Dense', 'Dense', 'Dense', 'Dense', 'Dense', 'Dense']);
      assert.deepEqual(await run('openModel', model()), byUri);
      assert.deepEqual(await run('inspect'), byUri);
      assert.equal(await compileState(), 'compiled');
    });

    it('opens a plan with its model, operations and phases', async () => {
      const inspection = await run<Inspection>('openModel', inWorkspace('transfer.surgery.json'));
      assert.equal(inspection.layers.at(-1)?.outputShape?.at(-1), 1);
      assert.equal((await api()).current()?.path, model());
      assert.equal(await compileState(), 'changed since compile: layers');
    });

    it('names what it cannot open', async () => {
      const broken = inWorkspace('broken.keras');
      await writeFile(broken, 'this is no zip');
      await assert.rejects(run('openModel', broken), /broken\.keras/);
      await refused('file-missing', run('openModel', inWorkspace('nobody.keras')));
      await refused('format-unknown', run('openModel', inWorkspace('LICENSE')));
      await refused('usage', run('openModel', 'my_model_A.keras'));
      await refused('usage', run('openModel', { path: 7 }));
    });

    it('opens .keras in the model editor, and the trees follow the editor', async () => {
      await run('openModel', inWorkspace('transfer.surgery.json'));
      await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(model()));
      await eventually('a model editor', () => customTabs().some(({ viewType }) => viewType === editorIds.model));
      assert.equal((await api()).current()?.path, model());
    });

    it('leaves no listener behind when the editor was opened and closed ten times', async () => {
      await run('openModel', model());
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      const listeners = async (): Promise<number | undefined> => (await api()).current()?.listeners;
      await eventually('only the trees and the keeper of unsaved edits listen', async () => (await listeners()) === 2);
      for (let times = 0; times < 10; times++) {
        await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(model()));
        await eventually('the editor listens', async () => (await listeners()) === 4);
        await vscode.commands.executeCommand('workbench.action.closeAllEditors');
        await eventually('it listens no longer', async () => (await listeners()) === 2);
      }
    });
  });
}
