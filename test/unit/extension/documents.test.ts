import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenDocuments } from '../../../src/extension/documents';
import type { Operation } from '../../../src/core/surgery/operation';
import { editsPathOf, editsText, writeEdits } from '../../../src/extension/savedEdits';
import { fakeReader, plan } from './fakeReader';

describe('open documents', () => {
  let folder = '';
  let warned: string[] = [];
  let mistakes: { where: string; message: string }[] = [];
  let documents: OpenDocuments;
  const model = (): string => join(folder, 'm.keras');
  const planPath = (): string => join(folder, 'p.surgery.json');

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'model-surgery-documents-'));
    warned = [];
    mistakes = [];
    documents = new OpenDocuments(fakeReader().reader, () => Promise.resolve(mistakes), (message) => warned.push(message));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('opens one document for a file, at the same moment from an editor and a command', async () => {
    const [a, b] = await Promise.all([documents.share(model()), documents.openFresh(model())]);
    assert.equal(a, b);
    assert.equal(documents.current, a);
  });

  it('opens a plan as its model with operations and phases, into the document that is there', async () => {
    await writeFile(planPath(), JSON.stringify(plan));
    const before = await documents.share(model());
    const document = await documents.openFresh(planPath());
    assert.equal(document, before);
    assert.deepEqual([document.source.path, document.operations.length, document.plan?.phases.length], [model(), 1, 2]);
  });

  it('adopts the one plan beside a model that names it, but not its operations', async () => {
    await writeFile(planPath(), JSON.stringify(plan));
    await writeFile(join(folder, 'other.surgery.json'), JSON.stringify({ ...plan, model: 'other.keras' }));
    await writeFile(join(folder, 'broken.surgery.json'), '{');
    const document = await documents.openFresh(model());
    assert.equal(document.source.planPath, planPath());
    assert.deepEqual(document.operations, []);
  });

  it('adopts none of two plans', async () => {
    for (const name of ['p', 'q']) await writeFile(join(folder, `${name}.surgery.json`), JSON.stringify(plan));
    assert.equal((await documents.openFresh(model())).plan, null);
  });

  it('refuses a wrong plan with every mistake, and opens a model beside one with a warning', async () => {
    await writeFile(planPath(), JSON.stringify(plan));
    mistakes = [{ where: '$.phases[0].epochs', message: 'is 0' }, { where: '$.seed', message: 'is a text' }];
    await assert.rejects(documents.openFresh(planPath()), { code: 'plan-invalid', message: /epochs: is 0.*seed: is a text/ });
    assert.equal((await documents.openFresh(model())).plan, null);
    assert.equal(warned.length, 1);
  });

  it('reads a saved plan again, and keeps the last right one', async () => {
    await writeFile(planPath(), JSON.stringify(plan));
    const document = await documents.openFresh(planPath());
    await writeFile(planPath(), JSON.stringify({ ...plan, phases: [plan.phases[0]] }));
    await documents.planSaved(planPath());
    assert.equal(document.plan?.phases.length, 1);
    mistakes = [{ where: '$', message: 'no' }];
    await documents.planSaved(planPath());
    assert.equal(document.plan.phases.length, 1);
  });

  it('follows what another window saves, and not what it knows: Open Model shows the file as it lies on disk', async () => {
    const operations = [{ op: 'setTrainable', layers: ['a'], trainable: false }] as const;
    const save = (edits: readonly Operation[]): Promise<void> => writeEdits(editsPathOf(model()), editsText(model(), { trained: null, operations: edits, plan: null }));
    await save(operations);
    const document = await documents.openFresh(model());
    await documents.editsSaved(editsPathOf(model()));
    assert.equal(document.operations.length, 0, 'these were there before');
    await save([...operations, ...operations]);
    await documents.editsSaved(editsPathOf(model()));
    assert.equal(document.operations.length, 2);
    await document.setTrainable(['b'], false);
    await save(operations);
    await documents.editsSaved(editsPathOf(model()));
    assert.equal(document.operations.length, 3, 'what is not saved stays');
    assert.deepEqual(await documents.saves.anothers(document), { base: model(), operations }, 'and saving asks');
    await document.revert();
    await documents.follow(document);
    assert.deepEqual([document.operations, document.isDirty], [operations, false]);
  });

  it('listens to the current document only', async () => {
    let heard = 0;
    documents.onDidEdit(() => { heard += 1; });
    const first = await documents.openFresh(model());
    const second = await documents.openFresh(join(folder, 'n.keras'));
    await first.setTrainable(['a'], false);
    assert.deepEqual([heard, first.listenerCount, second.listenerCount], [0, 0, 1]);
    await second.setTrainable(['a'], false);
    assert.equal(heard, 1);
    documents.dispose();
    assert.equal(second.listenerCount, 0);
  });

  it('names what it opens when it is handed something else', async () => {
    await assert.rejects(documents.openFresh(join(folder, 'notes.txt')), { code: 'format-unknown' });
    assert.throws(() => documents.require(), { code: 'usage' });
  });
});
