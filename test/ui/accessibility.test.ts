import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import axe, { type AxeResults } from 'axe-core';
import type { Frame } from 'playwright-core';
import { writeKeras } from '../../src/core/formats/writeKeras';
import { blockModel } from '../support/blockModel';
import { patience, Workbench } from './support/workbench';

const themes = { light: 'Default Light Modern', dark: 'Default Dark Modern', 'high-contrast': 'Default High Contrast' } as const;

/** A page of ours, brought to the front, and something that is on it then. */
interface Page {
  readonly name: string;
  readonly show: (workbench: Workbench) => Promise<void>;
  readonly has: string;
}

const pages: readonly Page[] = [
  { name: 'training', show: (workbench) => workbench.run('Model Surgery: Show Training'), has: '#table-body tr' },
  { name: 'weights', show: (workbench) => workbench.showTab('Weights: dense_1'), has: '#weights canvas' },
  { name: 'difference', show: (workbench) => workbench.showTab('Difference'), has: '#detail canvas' },
  { name: 'model', show: (workbench) => workbench.showTab('branches.keras'), has: '#layers .weights dl' },
];

describe('our pages for everyone', function () {
  this.timeout(240_000);
  let workbench: Workbench;

  before(async () => {
    workbench = await Workbench.start({ files: { 'branches.keras': await writeKeras(blockModel(2)) } });
    await workbench.openPlan('transfer.surgery.json');
    await workbench.run('Model Surgery: Train All Phases');
    await (await workbench.webview('#log')).locator('#status', { hasText: 'Test:' }).waitFor({ timeout: patience });
    await workbench.runAnswering('Model Surgery: Inspect Weights', 'Layer to inspect', 'dense_1');
    const weights = await workbench.webview('#weights canvas');
    // All that is shown when it is asked for.
    for (const title of ['Rows by norm', 'Singular values']) await weights.locator('details', { hasText: title }).last().locator('summary').click({ timeout: patience });
    await weights.locator('canvas[aria-label^="singular values"]').first().waitFor({ timeout: patience });
    await weights.locator('caption', { hasText: 'Longest rows' }).first().waitFor({ timeout: patience });
    await workbench.runAnswering('Model Surgery: Compare Weights', 'Compare with', 'before its edits');
    const difference = await workbench.webview('#layers table');
    await difference.locator('#layers button').first().click({ timeout: patience });
    await difference.locator('#detail canvas[aria-label^="heatmap"]').waitFor({ timeout: patience });
    await workbench.openFile('branches.keras');
    // A nested model open, a layer frozen from above, one with its figures.
    const model = await workbench.webview('#layers li.layer');
    await model.locator('[aria-label="open base"]').click({ timeout: patience });
    await model.locator('[role=checkbox][aria-label=base]').click({ timeout: patience });
    await model.locator('[aria-label="open weights of inner_0_a"]').click({ timeout: patience });
    await model.locator('.weights dl').first().waitFor({ timeout: patience });
  });

  after(() => workbench.stop());

  for (const [theme, label] of Object.entries(themes)) {
    it(`have nothing serious that axe finds, in the theme ${theme}`, async () => {
      await writeFile(join(workbench.workspace, '.vscode/settings.json'), JSON.stringify({ 'files.autoSave': 'off', 'workbench.colorTheme': label }));
      for (const { name, show, has } of pages) {
        await show(workbench);
        const page = await workbench.webview(has);
        await page.locator(`body.vscode-${theme}`).waitFor({ timeout: patience });
        const frame = await (await page.locator('body').elementHandle()).ownerFrame();
        assert.ok(frame);
        assert.deepEqual(await serious(frame), [], name);
        if (name === 'model') await workbench.screenshot(`graph-${theme}`);
        if (name === 'weights') await workbench.screenshot(`weights-${theme}`);
      }
    });
  }
});

/** What axe calls serious or critical, in a line each. */
async function serious(frame: Frame): Promise<readonly string[]> {
  await frame.evaluate(axe.source);
  const { violations } = await frame.evaluate<AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 4).map(({ html, failureSummary }) => `${html.slice(0, 160)} (${(failureSummary ?? '').replace(/\s+/g, ' ').slice(0, 200)})`).join('; ')}`);
}
