import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../support/cached';
import { patience, Workbench } from './support/workbench';

const run = promisify(execFile);

describe('model.json of TensorFlow.js in the real workbench', function () {
  this.timeout(240_000);
  let workbench: Workbench;

  before(async () => {
    workbench = await Workbench.start();
    await run(process.execPath, [join(projectRoot, 'dist/cli.js'), 'export', join(workbench.workspace, 'my_model_A.keras'), '--to', 'tfjs', '--out', join(workbench.workspace, 'web')]);
  });

  after(() => workbench.stop());

  it('opens as text by itself, and as a graph on request', async () => {
    await workbench.openByKeys('model.json');
    await workbench.page.locator('.monaco-editor .view-lines', { hasText: 'layers-model' }).first().waitFor({ timeout: patience });
    await workbench.runByKeys('View: Reopen Editor With...');
    await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Model Surgery' }).first().click({ timeout: patience });
    const editor = await workbench.webview('#layers li.layer');
    await editor.locator('[role=checkbox][aria-label=dense]').waitFor({ timeout: patience });
  });
});
