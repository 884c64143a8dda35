import assert from 'node:assert/strict';
import type { FrameLocator, Locator } from 'playwright-core';
import { writeKeras } from '../../src/core/formats/writeKeras';
import { blockModel } from '../support/blockModel';
import { patience, Workbench } from './support/workbench';

describe('the graph of the model editor', function () {
  this.timeout(240_000);
  let workbench: Workbench;
  let editor: FrameLocator;

  before(async () => {
    const files = { 'branches.keras': await writeKeras(blockModel(3)), 'deep.keras': await writeKeras(blockModel(1000)) };
    workbench = await Workbench.start({ files });
  });

  after(() => workbench.stop());

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.keepFailure(this.currentTest.title);
  });

  const card = (name: string): Locator => editor.locator('li.layer', { has: workbench.page.locator(`.name:text-is("${name}")`) });
  const press = (key: string): Promise<void> => workbench.page.keyboard.press(key);
  /** Waits until the layer of this name has the focus. */
  const focused = (name: string): Promise<void> => card(name).locator('[data-focus]:focus').waitFor({ timeout: patience });

  it('draws branches and merges, and opens a nested model', async () => {
    await workbench.openModelFile('branches.keras');
    editor = await workbench.webview('#layers li.layer');
    await card('merge').waitFor({ timeout: patience });
    assert.equal(await editor.locator('#edges path').count(), 5 + 3 * 4);
    const [left, right] = await Promise.all(['left', 'right'].map((name) => card(name).boundingBox()));
    assert.ok(left && right && left.y === right.y && Math.abs(left.x - right.x) >= left.width, 'the arms stand side by side');
    assert.equal(await card('inner_0_a').count(), 0);
    await card('base').locator('.opener').click();
    await card('inner_0_a').waitFor({ timeout: patience });
    await card('block_0_a').locator('svg[aria-label^="histogram of kernel"]').waitFor({ timeout: patience });
    await workbench.screenshot('graph');
  });

  it('is used by keys alone', async () => {
    await card('pixels').click();
    await press('ArrowDown');
    await press('ArrowDown');
    await focused('merge');
    await press('ArrowDown');
    await focused('base');
    await press('Space');
    await card('base').locator('[role=checkbox][aria-checked=false]').waitFor({ timeout: patience });
    await card('inner_0_a').locator('.because', { hasText: 'frozen by base' }).waitFor({ timeout: patience });
    await focused('base');
    await press('Enter');
    await card('inner_0_a').waitFor({ state: 'detached', timeout: patience });
    await press('/');
    await workbench.page.keyboard.type('block_2');
    await editor.locator('#find-count', { hasText: '1 of 3' }).waitFor({ timeout: patience });
    await press('Enter');
    await press('Escape');
    await focused('block_2_b');
  });

  it('shows the figures of weights on the page, and the panel on Enter', async () => {
    await press('e');
    const figures = card('block_2_b').locator('.weights li').first();
    await figures.locator('dl div', { hasText: 'norm' }).waitFor({ timeout: patience });
    for (const term of ['mean', 'std', 'min', 'max', 'zeros', 'NaN', 'Inf']) assert.match(await figures.locator('dl div', { hasText: term }).innerText(), /-?\d/);
    await workbench.screenshot('graph-weights');
    await press('Enter');
    const weights = await workbench.webview('#weights section');
    await weights.locator('#title', { hasText: 'block_2_b' }).waitFor({ timeout: patience });
  });

  it('is in step with the tree, and stands where it stood when it is shown again', async () => {
    await workbench.openModelFile('branches.keras');
    await workbench.showViews();
    await workbench.checkbox('block_1_b').click();
    editor = await workbench.webview('#layers li.layer');
    await card('block_1_b').locator('[role=checkbox][aria-checked=false]').waitFor({ timeout: patience });
    await card('block_2_b').locator('.weights dl').first().waitFor({ timeout: patience });
    await card('block_1_b').locator('[role=checkbox]').click();
    await workbench.checkedBox('block_1_b').waitFor({ timeout: patience });
  });

  it('is in step with itself in a split editor', async () => {
    await workbench.run('View: Split Editor Right');
    const [one, other] = await workbench.webviews('#layers li.layer', 2);
    const layer = '[role=checkbox][aria-label=block_2_a]';
    await one.locator(layer).click({ timeout: patience });
    for (const side of [one, other]) await side.locator(`${layer}[aria-checked=false]`).waitFor({ timeout: patience });
    await other.locator(layer).click({ timeout: patience });
    for (const side of [one, other]) await side.locator(`${layer}[aria-checked=true]`).waitFor({ timeout: patience });
    await workbench.screenshot('split-editor');
    await workbench.run('View: Close Editor');
  });

  it('shows three thousand layers as it shows ten: only what is in view is drawn', async () => {
    await workbench.openExplorer();
    await workbench.openModelFile('deep.keras');
    // The editor before it has a graph too, and may still be seen.
    editor = await workbench.webview('h1:has-text("deep.keras")');
    await card('merge').waitFor({ timeout: patience });
    const all = await editor.locator('#layers').evaluate((list) => (list as unknown as { readonly scrollHeight: number }).scrollHeight);
    assert.ok(all > 100_000, `${all} px`);
    for (const part of [0.2, 0.5, 0.93]) {
      await editor.locator('#graph').evaluate((view, top) => { (view as unknown as { scrollTop: number }).scrollTop = top; }, part * all);
      await workbench.page.waitForTimeout(300);
      const shown = await editor.locator('li.layer').count();
      assert.ok(shown > 5 && shown < 100, `${shown} cards at ${part}`);
      assert.ok(await inView(editor), `cards in view at ${part}`);
    }
    await press('/');
    await workbench.page.keyboard.type('block_777_b');
    await press('Escape');
    await focused('block_777_b');
    await press('End');
    await focused('block_999_add');
    await workbench.screenshot('graph-deep');
    assert.deepEqual(workbench.violations, []);
  });
});

/** Whether a card lies in what is seen of the graph. */
async function inView(editor: FrameLocator): Promise<boolean> {
  const view = await editor.locator('#graph').boundingBox();
  const boxes = await Promise.all((await editor.locator('li.layer').all()).map((each) => each.boundingBox()));
  return view !== null && boxes.some((box) => box !== null && box.y + box.height > view.y && box.y < view.y + view.height);
}
