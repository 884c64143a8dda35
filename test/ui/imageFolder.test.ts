import assert from 'node:assert/strict';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '../../src/core/plan/plan';
import { projectRoot } from '../support/cached';
import { patience, Workbench } from './support/workbench';

const golden = join(projectRoot, 'test/keras/golden');

describe('a folder of images', function () {
  this.timeout(240_000);
  let workbench: Workbench;

  before(async () => {
    const model = await readFile(join(golden, 'formats/prepared.keras3.keras'));
    workbench = await Workbench.start({ files: { 'prepared.keras': model }, without: ['transfer.surgery.json'] });
    await cp(join(golden, 'images/folder'), join(workbench.workspace, 'photos'), { recursive: true });
  });

  after(() => workbench.stop());

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.keepFailure(this.currentTest.title);
  });

  it('is chosen, its classes become the head, and training runs on it', async () => {
    await workbench.openByKeys('prepared.keras');
    await workbench.webview('#layers li.layer');
    await workbench.runByKeys('Model Surgery: Train All Phases');
    await workbench.answerTo('Where is the training data?', 'A folder of images');
    await workbench.nameFolder('Choose the folder of training images', join(workbench.workspace, 'photos'));
    for (const title of ['Head', 'Units', 'Activation', 'Loss']) await workbench.answerTo(title);
    await workbench.answerTo('validation data', 'No validation data');
    await workbench.answerTo('test data', 'No test data');
    const training = await workbench.webview('#log');
    await training.locator('#table-body tr').nth(19).waitFor({ timeout: patience });
    const plan = JSON.parse(await readFile(join(workbench.workspace, 'prepared.surgery.json'), 'utf8')) as Plan;
    assert.deepEqual([plan.data.train.inputs, plan.data.train.targets, plan.data.train.classes], ['photos', 'photos', undefined]);
    assert.deepEqual(plan.operations.at(-1), { op: 'replaceHead', units: 3, activation: 'softmax' });
    assert.equal(plan.compile.loss, 'sparse_categorical_crossentropy');
  });
});
