import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '../../src/core/plan/plan';
import { patience, Workbench } from './support/workbench';

describe('a model without a plan, by keys alone', function () {
  this.timeout(240_000);
  let workbench: Workbench;

  before(async () => {
    workbench = await Workbench.start({ without: ['transfer.surgery.json'] });
    await workbench.page.evaluate('window.presses = 0; window.addEventListener("mousedown", () => { window.presses += 1; }, true)');
  });

  after(() => workbench.stop());

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.keepFailure(this.currentTest.title);
  });

  const press = (key: string): Promise<void> => workbench.page.keyboard.press(key);

  it('opens, and freezes a layer', async () => {
    await workbench.openByKeys('my_model_A.keras');
    const editor = await workbench.webview('#layers li.layer');
    await workbench.statusBar(/compile/).waitFor({ timeout: patience });
    await press('Home');
    await press('ArrowDown');
    await editor.locator('[role=checkbox][aria-label=dense]:focus').waitFor({ timeout: patience });
    await press('Space');
    await editor.locator('[role=checkbox][aria-label=dense][aria-checked=false]').waitFor({ timeout: patience });
    await workbench.statusBar(/changed since compile/).waitFor({ timeout: patience });
  });

  it('is asked for what a run needs, writes a plan beside the model, and trains', async () => {
    const file = (name: string): string => join(workbench.workspace, name);
    await workbench.runByKeys('Model Surgery: Train All Phases');
    await workbench.nameFile('Choose training inputs', file('pool-images.idx3.gz'));
    await workbench.nameFile('Choose training targets', file('pool-labels.idx1.gz'));
    for (const title of ['Head', 'Units', 'Activation', 'Loss']) await workbench.answerTo(title);
    await workbench.answerTo('validation data', 'No validation data');
    await workbench.answerTo('test data', 'Choose test files');
    await workbench.nameFile('Choose test inputs', file('test-images.idx3.gz'));
    await workbench.nameFile('Choose test targets', file('test-labels.idx1.gz'));
    const training = await workbench.webview('#log');
    await training.locator('#status', { hasText: 'Test:' }).waitFor({ timeout: patience });
    const plan = JSON.parse(await readFile(file('my_model_A.surgery.json'), 'utf8')) as Plan;
    assert.equal(plan.model, 'my_model_A.keras');
    assert.deepEqual(plan.operations, [{ op: 'setTrainable', layers: ['dense'], trainable: false }, { op: 'replaceHead', units: 1, activation: 'sigmoid' }]);
    assert.deepEqual([plan.data.train.inputs, plan.data.train.targets, plan.data.train.classes], ['pool-images.idx3.gz', 'pool-labels.idx1.gz', { 5: 0, 6: 1 }]);
    assert.deepEqual([plan.data.test?.inputs, plan.data.validation], ['test-images.idx3.gz', undefined]);
    assert.equal(plan.compile.loss, 'binary_crossentropy');
  });

  it('looks at weights and exports, and no mouse was touched', async () => {
    await workbench.runAnswering('Model Surgery: Inspect Weights', 'Layer to inspect', 'dense_1');
    await (await workbench.webview('#weights section')).locator('canvas[aria-label^="heatmap of kernel"]').first().waitFor({ timeout: patience });
    await workbench.runAnswering('Model Surgery: Export Model', 'Export as', 'keras');
    const out = join(workbench.workspace, 'by-keys.keras');
    await workbench.nameFile('Export Model', out);
    await workbench.message('Exported');
    assert.ok(existsSync(out));
    assert.equal(await workbench.page.evaluate('window.presses'), 0);
  });
});
