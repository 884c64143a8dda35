import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SurgeryDocument } from '../../../src/extension/document';
import { withSetting } from '../../../src/extension/planEdit';
import { editsOf, LastSaved, saveEdits } from '../../../src/extension/saveEdits';
import { editsPathOf, editsText, readEdits, writeEdits } from '../../../src/extension/savedEdits';
import { fakeReader, plan } from './fakeReader';

const operations = [{ op: 'setTrainable', layers: ['a'], trainable: false }] as const;
const noPlan = (): Promise<void> => Promise.reject(new Error('no plan is written'));

describe('saved edits', () => {
  let folder = '';
  let model = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'model-surgery-edits-'));
    model = join(folder, 'm.keras');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('come back as they were, with paths from the model', async () => {
    const edits = { trained: join(folder, 'runs', '1', 'model.keras'), operations, plan: join(folder, 'p.surgery.json') };
    await writeEdits(editsPathOf(model), editsText(model, edits));
    assert.deepEqual(await readEdits(editsPathOf(model), model), edits);
    assert.equal((JSON.parse(await readFile(editsPathOf(model), 'utf8')) as { trained: string }).trained, 'runs/1/model.keras');
    assert.deepEqual(await readdir(folder), ['m.keras.edits.json']);
  });

  it('are none where no file is, and refused where it is another', async () => {
    assert.equal(await readEdits(editsPathOf(model), model), null);
    for (const text of ['', '[]', '{"version":2,"model":"m","operations":[]}', '{"version":1,"model":"m","operations":[1]}']) {
      await writeFile(editsPathOf(model), text);
      await assert.rejects(readEdits(editsPathOf(model), model), { code: 'plan-invalid' });
    }
  });

  it('go beside a model that was opened as a file, trained weights by name', async () => {
    const document = await SurgeryDocument.open(fakeReader().reader, { path: model, operations: [], planPath: '/p.surgery.json', plan });
    await document.setTrainable(['a'], false);
    await saveEdits(document, noPlan);
    assert.deepEqual(await readEdits(editsPathOf(model), model), { trained: null, operations, plan: null });
    assert.equal(document.isDirty, false);
    const trained = join(folder, 'run', 'model.keras');
    await document.rebase(trained);
    assert.equal(document.isDirty, true);
    await saveEdits(document, noPlan);
    assert.deepEqual(await readEdits(editsPathOf(model), model), { trained, operations: [], plan: null });
  });

  it('of another window are told from what this one read or wrote', async () => {
    const document = await SurgeryDocument.open(fakeReader().reader, { path: model, operations: [], planPath: null, plan: null });
    const saved = new LastSaved();
    await saved.note(document);
    assert.equal(await saved.anothers(document), null);
    await document.setTrainable(['b'], false);
    await writeEdits(editsPathOf(model), editsText(model, { trained: null, operations, plan: null }));
    assert.deepEqual(await saved.anothers(document), { base: model, operations });
    await saved.note(document);
    assert.equal(await saved.anothers(document), null, 'it was read');
    await saveEdits(document, noPlan);
    assert.equal(await saved.anothers(document), null, 'it is our own');
    await writeEdits(editsPathOf(model), '{');
    assert.equal(await saved.anothers(document), null, 'what cannot be read holds no edits');
  });

  it('of another window are told from ours in a plan too, where only its operations are edits', async () => {
    const planPath = join(folder, 'p.surgery.json');
    const write = (more: object): Promise<void> => writeFile(planPath, JSON.stringify({ ...plan, ...more }));
    await write({});
    const document = await SurgeryDocument.open(fakeReader().reader, { path: model, operations: plan.operations, planPath, plan, fromPlan: true });
    const saved = new LastSaved();
    await saved.note(document);
    await document.setTrainable(['b'], false);
    await write({ seed: 7 });
    assert.equal(await saved.anothers(document), null);
    await write({ operations });
    assert.deepEqual(await saved.anothers(document), { base: model, operations });
  });

  it('go into the plan that they came from, and leave the rest of its text', async () => {
    let text = JSON.stringify(plan, null, 2);
    const document = await SurgeryDocument.open(fakeReader().reader, { path: model, operations: plan.operations, planPath: '/p.surgery.json', plan, fromPlan: true });
    await document.setTrainable(['a'], false);
    assert.equal(editsOf(document).plan, '/p.surgery.json');
    await saveEdits(document, (_, change) => {
      text = change(text);
      return Promise.resolve();
    });
    assert.deepEqual(JSON.parse(text), { ...plan, operations: [...plan.operations, ...operations] });
    assert.deepEqual(await readdir(folder), []);
    assert.equal(withSetting(text, ['operations'], [...plan.operations, ...operations]), text);
  });
});
