import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { ModelDifference } from '../../../src/core/inspect/diffModels';
import type { Inspection } from '../../../src/core/inspect/inspection';
import { inWorkspace, refused, run } from './session';

const model = (): string => inWorkspace('my_model_A.keras');
const paths = ({ layers }: Inspection): string[] => layers.map(({ path }) => path);

export function describeOperations(): void {
  describe('later operations', () => {
    let opened: Inspection;
    beforeEach(async () => { opened = await run<Inspection>('openModel', model()); });

    it('each is an edit that undo takes back', async () => {
      const first = paths(opened)[1];
      const edits: readonly (readonly [Parameters<typeof run>[0], object])[] = [
        ['insertLayer', { class: 'Dropout', after: first, config: { rate: 0.2 } }], ['moveLayer', { layer: 'dropout', after: 'dense_3' }], ['duplicateLayer', { layer: 'dropout' }],
        ['setRate', { layer: 'dropout', rate: 0.1 }], ['setActivation', { layer: first, activation: 'tanh' }], ['setRegularizer', { layer: first, weight: 'kernel', regularizer: 'L2' }],
        ['reinitialize', { layers: [first] }], ['setClasses', { classes: 9 }], ['addOutput', { layer: 'dense_3', units: 1 }],
      ];
      const after: Inspection[] = [];
      for (const [name, answers] of edits) after.push(await run<Inspection>(name, answers));
      assert.ok(paths(after[0]).includes('dropout'));
      assert.deepEqual(paths(after[2]).slice(-4), ['dropout', 'dropout_copy', 'dense_4', 'dense_5']);
      assert.deepEqual(after.at(-1)?.outputs.map(({ shape }) => shape), [[null, 9], [null, 1]]);
      for (let step = edits.length - 2; step >= 0; step--) assert.deepEqual(await run('undoEdit'), after[step]);
      assert.deepEqual(await run('undoEdit'), opened);
    });

    it('cuts the model, takes weights of another one, and says why not', async () => {
      const cut = await run<Inspection>('cutModel', { layer: 'dense_2', keep: 'before' });
      assert.equal(paths(cut).at(-1), 'dense_2');
      await run('undoEdit');
      const difference = await run<ModelDifference>('compareWeights', { a: model(), b: model() });
      assert.deepEqual(difference, { same: true, added: [], removed: [], changed: [] });
      await run('reinitialize', { layers: ['dense_2'] });
      assert.deepEqual(await run('transplantWeights', { from: 'my_model_A.keras', layers: { dense_2: 'dense_2' } }), { ...opened });
      await refused('usage', run('setRate', { layer: 'dense', rate: 7 }));
      await refused('usage', run('insertLayer', { class: 'Lambda', after: 'dense' }));
      await refused('operation-refused', run('setRate', { layer: 'dense', rate: 0.5 }));
      await refused('operation-refused', run('foldBatchNormalization', {}));
      await refused('shape-mismatch', run('insertLayer', { class: 'Conv2D', after: 'dense' }));
      await refused('usage', run('compareWeights', 7));
    });

    it('offers what to do in a plan, and what a loop in Python freezes', async () => {
      const lensesOf = async (uri: vscode.Uri): Promise<vscode.Command[]> => (await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri)).flatMap(({ command }) => command ?? []);
      const plan = vscode.Uri.file(inWorkspace('transfer.surgery.json'));
      await vscode.workspace.openTextDocument(plan);
      assert.deepEqual((await lensesOf(plan)).map(({ title }) => title).sort(), ['Open Model', 'Train All Phases', 'Train Phase 1', 'Train Phase 2']);
      const other = vscode.Uri.file(inWorkspace('other.surgery.json'));
      await writeFile(other.fsPath, await readFile(plan.fsPath));
      await vscode.workspace.openTextDocument(other);
      assert.deepEqual((await lensesOf(other)).map(({ title }) => title), ['Open Model'], 'the open model is not of this plan');
      await rm(other.fsPath);
      const code = vscode.Uri.file(inWorkspace('loop.py'));
      await writeFile(code.fsPath, 'm = load_model("my_model_A.keras")\nfor layer in m.layers[:-1]:\n    layer.trainable = False\n');
      await vscode.languages.setTextDocumentLanguage(await vscode.workspace.openTextDocument(code), 'python');
      const [lens] = await lensesOf(code);
      const frozen = await vscode.commands.executeCommand<Inspection>(lens.command, ...(lens.arguments ?? []) as unknown[]);
      assert.deepEqual(frozen.layers.map(({ trainable }) => trainable), [false, false, false, false, false, false, true]);
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', code, new vscode.Position(0, 18));
      const said = hovers.flatMap(({ contents }) => contents).map((content) => (content as vscode.MarkdownString).value).join(' ');
      assert.match(said, /276,158 parameters[^]*dense_5 Dense \(None, 8\)[^]*command:modelSurgery\.openModel/);
      await rm(code.fsPath);
    });

    it('writes a tensor as .npy, and nothing over the model', async () => {
      const out = inWorkspace('kernel.npy');
      const written = await run<{ path: string; sha256: string }>('exportTensor', { layer: 'dense_5', weight: 'kernel', out });
      assert.equal(written.path, out);
      assert.match((await readFile(out)).subarray(0, 128).toString('latin1'), /'descr': '<f4'.*'shape': \(50, 8\)/);
      await rm(out);
      await refused('output-refused', run('exportTensor', { layer: 'dense_5', weight: 'kernel', out: model() }));
      await refused('usage', run('exportTensor', { layer: 'dense_5', weight: 'gamma', out }));
      assert.ok(!existsSync(out));
    });
  });
}
