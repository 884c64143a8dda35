import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import { parseNpy } from '../../src/core/data/npy';
import { writeKeras } from '../../src/core/formats/writeKeras';
import { applyOperation } from '../../src/core/surgery/operations';
import { built, functional, dense, layer } from '../unit/core/surgery/models';
import { patience, Workbench } from './support/workbench';

const model = built(functional({ image: [8, 8, 3], words: [6] }, [
  [layer('Conv2D', 'conv', { filters: 12, kernel_size: [3, 3] }), ['image']],
  [layer('GlobalAveragePooling2D', 'pool'), ['conv']],
  [layer('Embedding', 'tokens', { input_dim: 40, output_dim: 5 }), ['words']],
  [layer('Flatten', 'flat'), ['tokens']],
  [layer('Concatenate', 'both'), ['pool', 'flat']],
  [dense('out', 3), ['both']],
], ['out']));

/** Panel Weights and panel Difference in the real workbench, as their user sees and reads them. */
describe('pictures of weights', function () {
  this.timeout(240_000);
  let workbench: Workbench;
  let page: FrameLocator;

  before(async () => {
    const { model: other } = await applyOperation(model, { op: 'reinitialize', layers: ['conv'] }, { seed: 9 });
    workbench = await Workbench.start({ files: { 'seeing.keras': await writeKeras(model), 'second.keras': await writeKeras(other) } });
    await workbench.openModelFile('seeing.keras');
    await openWeights('conv');
    page = await workbench.webview('#weights section');
  });

  after(() => workbench.stop());

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.keepFailure(this.currentTest.title);
  });

  /** Enter on a layer of the graph. */
  async function openWeights(name: string): Promise<void> {
    const editor = await workbench.webview('#layers li.layer');
    await editor.locator(`li.layer .name:text-is("${name}")`).click({ timeout: patience });
    await editor.locator(`[role=checkbox][aria-label=${name}]:focus`).waitFor({ timeout: patience });
    await workbench.page.keyboard.press('Enter');
  }
  const canvas = (start: string): Locator => page.locator(`canvas[aria-label^="${start}"]`).first();
  const section = (weight: string): Locator => page.locator(`section[aria-label^="${weight},"]`);
  /** The line below a picture that says what lies under the pointer or the keyboard's cursor. */
  const readout = (start: string): Locator => page.locator('figure', { has: page.locator(`canvas[aria-label^="${start}"]`) }).first().locator('output');

  it('are a histogram, a heatmap and the filters, with the norm among the figures', async () => {
    await canvas('heatmap of kernel (axis 0 at 0, axis 1 at 0): 3 by 12 values').waitFor({ timeout: patience });
    await canvas('filters of kernel: all 12, 3 by 3, planes 0 to 2 as red, green and blue').waitFor({ timeout: patience });
    const heads = await section('kernel').locator('table').first().locator('th').allInnerTexts();
    assert.deepEqual(heads, ['mean', 'std', 'min', 'max', 'norm', 'zeros', 'NaN', 'Inf']);
    await workbench.screenshot('weights-filters');
    await page.locator('label', { hasText: 'planes as red' }).locator('input').uncheck();
    await canvas('filters of kernel: all 12, 3 by 3, plane 0 of 3').waitFor({ timeout: patience });
  });

  it('say a value to the pointer and to the arrow keys', async () => {
    const heatmap = canvas('heatmap of kernel');
    await heatmap.hover({ position: { x: 3, y: 3 } });
    await readout('heatmap of kernel').filter({ hasText: /^\[0, 0, 0, 0\] = -?\d/ }).waitFor({ timeout: patience });
    await heatmap.focus();
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await workbench.page.keyboard.press(key);
    await readout('heatmap of kernel').filter({ hasText: /^\[0, 0, 1, 1\] = -?\d/ }).waitFor({ timeout: patience });
    await canvas('histogram of kernel').focus();
    await workbench.page.keyboard.press('ArrowRight');
    await readout('histogram of kernel').filter({ hasText: /values from/ }).waitFor({ timeout: patience });
  });

  it('let their user pick axes, lay slices side by side, and count on a logarithmic scale', async () => {
    await section('kernel').locator('select[data-control=rows]').selectOption('0');
    await canvas('heatmap of kernel (axis 1 at 0, axis 2 at 0): 3 by 12 values').waitFor({ timeout: patience });
    await section('kernel').locator('select[data-control=along]').selectOption('2');
    await canvas('heatmap of kernel (axis 1 at 0): 3 by 12 values').waitFor({ timeout: patience });
    assert.match(await canvas('heatmap of kernel').getAttribute('aria-label') ?? '', /slices 0 to 2 of 3 along axis 2 side by side/);
    await page.locator('#logarithmic').check();
    await canvas('histogram of kernel, logarithmic scale').waitFor({ timeout: patience });
    await workbench.screenshot('weights-slices');
  });

  it('show singular values and the neighbours of a row when they are asked for', async () => {
    const kernel = section('kernel');
    await kernel.locator('summary', { hasText: 'Singular values' }).click();
    await canvas('singular values of kernel: 12 from').waitFor({ timeout: patience });
    await workbench.showTab('seeing.keras');
    await openWeights('tokens');
    page = await workbench.webview('#weights section[aria-label^="embeddings,"]');
    await page.locator('caption', { hasText: 'Longest rows' }).waitFor({ timeout: patience });
    await page.locator('button.link').first().click();
    const found = page.locator('table', { hasText: 'Rows that point most nearly' }).locator('tbody tr');
    await found.first().waitFor({ timeout: patience });
    assert.equal(await found.count(), 10);
    await workbench.screenshot('weights-embedding');
  });

  it('are exported as .npy and as PNG', async () => {
    const npy = join(workbench.workspace, 'tokens.npy');
    await page.locator('[aria-label="Export .npy of embeddings"]').click();
    await workbench.nameFile('Export Tensor', npy);
    await workbench.message('Exported');
    await workbench.dismiss();
    assert.deepEqual(parseNpy(await readFile(npy), npy).shape, [40, 5]);
    const png = join(workbench.workspace, 'tokens.png');
    await page.locator('figure', { has: page.locator('canvas[aria-label^="heatmap"]') }).locator('button', { hasText: 'Save PNG' }).click();
    await workbench.nameFile('Save Picture', png);
    await workbench.message('Saved');
    await workbench.dismiss();
    assert.equal((await readFile(png)).subarray(1, 4).toString('latin1'), 'PNG');
  });

  it('of two models stand in the difference, from the explorer', async () => {
    await workbench.openExplorer();
    await workbench.page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'second.keras' }).first().click({ button: 'right', timeout: patience });
    // A click that comes while the menu opens is lost.
    await workbench.page.locator('.monaco-menu .action-label', { hasText: 'Compare with' }).first().hover({ timeout: patience });
    await workbench.page.locator('.monaco-menu .action-item.focused', { hasText: 'Compare with' }).waitFor({ timeout: patience });
    await workbench.page.keyboard.press('Enter');
    await workbench.answerTo('Compare with', 'seeing.keras');
    page = await workbench.webview('#layers table');
    assert.match(await page.locator('#summary').innerText(), /0 layers removed, 0 added, 1 changed/);
    await page.locator('[aria-label="Differences of conv kernel"]').click({ timeout: patience });
    await canvas('histogram of the differences of conv kernel').waitFor({ timeout: patience });
    await canvas('heatmap of the differences of conv kernel').waitFor({ timeout: patience });
    await workbench.screenshot('difference');
    assert.deepEqual(workbench.violations, []);
  });
});
