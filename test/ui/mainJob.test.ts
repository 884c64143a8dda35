import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FrameLocator } from 'playwright-core';
import { projectRoot } from '../support/cached';
import { kerasEnvironment, kerasPython } from '../support/keras';
import { patience, uiEngine, Workbench } from './support/workbench';

const run = promisify(execFile);

async function sha256(path: string): Promise<string> {
  return createHash('sha256').update(await readFile(path)).digest('hex');
}

/** `count` images of 28 by 28 as float32 `.npy`, of fixed pseudo-random pixels. */
function images(count: number): Buffer {
  const values = Float32Array.from({ length: count * 784 }, (_, index) => ((index * 7919) % 256) / 255);
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${count}, 28, 28), }`;
  const header = text.padEnd(128 - 10 - 1) + '\n';
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([header.length, 0]), Buffer.from(header), Buffer.from(values.buffer)]);
}

/** The float32 values of a `.npy` of version 1. */
async function values(path: string): Promise<Float32Array> {
  const bytes = await readFile(path);
  const start = 10 + bytes.readUInt16LE(8);
  return new Float32Array(Uint8Array.from(bytes.subarray(start)).buffer);
}

describe('the main job in the real workbench', function () {
  this.timeout(240_000);
  let workbench: Workbench;
  let source: string;
  let hash: string;

  before(async () => {
    workbench = await Workbench.start();
    source = join(workbench.workspace, 'my_model_A.keras');
    hash = await sha256(source);
  });

  after(async () => {
    await workbench.stop();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.keepFailure(this.currentTest.title);
  });

  it('opens the sample by its plan and lists the layers', async () => {
    await workbench.openPlan('transfer.surgery.json');
    // The editor of the model's file shows what the plan opened.
    await workbench.openFile('my_model_A.keras');
    const editor = await workbench.webview('#layers li.layer');
    await editor.locator('li.layer', { hasText: 'Dense' }).first().waitFor({ timeout: patience });
    await workbench.statusBar(`${uiEngine ?? 'onnxruntime'} · `).waitFor({ timeout: patience });
    await workbench.screenshot('editor');
    await workbench.showViews();
    await workbench.checkbox('dense').waitFor({ timeout: patience });
    await workbench.screenshot('layers');
  });

  it('a click on a checkbox freezes, in tree and editor, and changes the compile state', async () => {
    await workbench.checkbox('dense').click();
    await workbench.statusBar(/changed since compile/).waitFor({ timeout: patience });
    const editor = await workbench.webview('#layers li.layer');
    await editor.locator('[role=checkbox][aria-checked=false]').first().waitFor({ timeout: patience });
    await workbench.screenshot('changed-since-compile');
    await editor.locator('[role=checkbox][aria-checked=false]').first().click();
    await editor.locator('[role=checkbox][aria-checked=false]').first().waitFor({ state: 'detached', timeout: patience });
  });

  it('trains phase 1 and phase 2 from the palette and draws both', async () => {
    await workbench.run('Model Surgery: Train Phase 1');
    const training = await workbench.webview('#log');
    await training.locator('#status', { hasText: 'Test:' }).waitFor({ timeout: patience });
    await training.locator('#log', { hasText: 'Saved' }).waitFor({ timeout: patience });
    assert.equal(await training.locator('#table-body tr').count(), 4);
    await workbench.screenshot('training-phase-1');
    await workbench.run('Model Surgery: Train Phase 2');
    await bothPhases(training);
    await workbench.screenshot('training-phase-2');
  });

  it('shows a weight', async () => {
    await workbench.runAnswering('Model Surgery: Inspect Weights', 'Layer to inspect', 'dense');
    const weights = await workbench.webview('#weights section');
    await weights.locator('canvas[aria-label^="heatmap of kernel"]').first().waitFor({ timeout: patience });
    assert.ok((await weights.locator('canvas[aria-label^="histogram of"]').count()) >= 2);
    await workbench.screenshot('weights');
  });

  it('exports a model that real Keras loads and that predicts the same', async () => {
    const out = join(workbench.workspace, 'exported.keras');
    await workbench.runAnswering('Model Surgery: Export Model', 'Export as', 'keras');
    await workbench.nameFile('Export Model', out);
    await assert.doesNotReject(waitForFile(out));
    await predictsAsKeras(out);
  });

  it('left the source as it was, and no page broke its content security policy', async () => {
    assert.equal(await sha256(source), hash);
    assert.deepEqual(workbench.violations, []);
  });
});

/** Curves, table and texts of phase 1 and of phase 2, which was started apart. */
async function bothPhases(training: FrameLocator): Promise<void> {
  await training.locator('#phases li', { hasText: 'Phase 2' }).locator('dd', { hasText: 'Test:' }).waitFor({ timeout: patience });
  const phases = await training.locator('#phases li').allInnerTexts();
  assert.equal(phases.length, 2);
  assert.match(phases[0] ?? '', /Phase 1[^]*0\.01 \(SGD\)[^]*dense/);
  assert.match(phases[1] ?? '', /Phase 2[^]*1e-4|0\.0001[^]*nothing/);
  assert.equal(await training.locator('#table-body tr').count(), 20);
  for (const figure of ['loss', 'accuracy']) assert.equal(await training.locator(`.uplot[aria-label^="${figure} over 20 epochs in 2 phases"]`).count(), 1);
  const log = await training.locator('#log').innerText();
  assert.ok(log.includes('Freeze receipt of phase 1') && log.includes('Freeze receipt of phase 2'));
}

/** Real Keras loads the file and predicts from it what we predict, within 1e-5. */
async function predictsAsKeras(model: string): Promise<void> {
  const [inputs, ours, theirs] = ['x', 'ours', 'theirs'].map((name) => `${model}.${name}.npy`) as [string, string, string];
  await writeFile(inputs, images(8));
  await run(process.execPath, [join(projectRoot, 'dist/cli.js'), 'predict', model, '--data', inputs, '--out', ours]);
  await run(await kerasPython(), [join(projectRoot, 'test/keras/predict.py'), model, inputs, theirs], { env: kerasEnvironment });
  const [a, b] = [await values(ours), await values(theirs)];
  assert.equal(a.length, 8);
  assert.ok(a.every((value, index) => Math.abs(value - (b[index] ?? Number.NaN)) < 1e-5), `${a.join(' ')} against ${b.join(' ')}`);
}

async function waitForFile(path: string): Promise<void> {
  const deadline = Date.now() + patience;
  while (!existsSync(path)) {
    if (Date.now() > deadline) throw new Error(`${path} did not appear`);
    await new Promise((done) => setTimeout(done, 200));
  }
}
