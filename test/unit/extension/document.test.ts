import assert from 'node:assert/strict';
import { SurgeryDocument, type Step } from '../../../src/extension/document';
import { fakeReader, plan } from './fakeReader';

const { reader } = fakeReader();
const open = () => SurgeryDocument.open(reader, { path: '/m.keras', operations: [], planPath: null, plan: null });

describe('surgery document', () => {
  it('opens clean, counts flags that changed, and is clean again when recompiled', async () => {
    const document = await open();
    assert.deepEqual(document.changedSinceCompile, { flags: 0, structure: false, settings: false });
    await document.setTrainable(['a', 'b'], false);
    assert.deepEqual(document.changedSinceCompile, { flags: 2, structure: false, settings: false });
    await document.setTrainable(['a'], true);
    assert.equal(document.changedSinceCompile.flags, 1);
    document.recompile();
    assert.equal(document.changedSinceCompile.flags, 0);
  });

  it('says that a head with the old name is another head', async () => {
    const document = await open();
    await document.apply({ op: 'replaceHead', units: 1, activation: 'sigmoid' });
    assert.deepEqual(document.changedSinceCompile, { flags: 0, structure: true, settings: false });
    await document.undo();
    assert.deepEqual(document.changedSinceCompile, { flags: 0, structure: false, settings: false });
  });

  it('undoes and does again, and keeps compiled what was compiled', async () => {
    const document = await open();
    await document.setTrainable(['a'], false);
    document.recompile();
    await document.undo();
    assert.equal(document.inspection.layers[0]?.trainable, true);
    assert.equal(document.changedSinceCompile.flags, 1);
    await document.redo();
    assert.equal(document.changedSinceCompile.flags, 0);
  });

  it('has not changed when the worker refuses, and keeps edits in order', async () => {
    const document = await open();
    const edits = [document.setTrainable(['a'], false), document.apply({ op: 'removeLayers', layers: ['a'] }), document.setTrainable(['b'], false)];
    const ends = await Promise.allSettled(edits);
    assert.deepEqual(ends.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled']);
    assert.equal(document.operations.length, 2);
  });

  it('has nothing pending on a trained base', async () => {
    const document = await open();
    await document.setTrainable(['a'], false);
    await document.rebase('/run/model.keras');
    assert.deepEqual(document.edited, { path: '/run/model.keras', operations: [], seed: 0 });
    assert.equal(document.source.path, '/m.keras');
    await document.undo();
    assert.deepEqual([document.edited.path, document.operations.length], ['/m.keras', 1]);
    await document.redo();
    assert.equal(document.edited.path, '/run/model.keras');
  });

  it('tells each step once, and a told step leads back and forth whatever came between', async () => {
    const document = await open();
    const steps: Step[] = [];
    document.onDidStep((step) => steps.push(step));
    await document.setTrainable(['a'], false);
    await document.setTrainable(['b'], false);
    await assert.rejects(document.apply({ op: 'removeLayers', layers: ['a'] }));
    assert.deepEqual(steps.map(({ label }) => label), ['freeze: a', 'freeze: b']);
    await steps[0]?.undo();
    assert.equal(document.operations.length, 0);
    await steps[1]?.redo();
    assert.equal(document.operations.length, 2);
    assert.equal(steps.length, 2);
  });

  it('is dirty until it is saved or reverted, and tells a new editor only what was not saved', async () => {
    const document = await open();
    assert.equal(document.isDirty, false);
    await document.setTrainable(['a'], false);
    document.markSaved();
    await document.setTrainable(['b'], false);
    assert.equal(document.isDirty, true);
    assert.deepEqual(document.stepsSinceSaved().map(({ label }) => label), ['freeze: b']);
    await document.revert();
    assert.deepEqual([document.isDirty, document.operations.length, document.canRedo], [false, 1, false]);
    await document.undo();
    assert.deepEqual([document.isDirty, document.stepsSinceSaved().length], [true, 0]);
    await document.revert();
    assert.equal(document.operations.length, 1);
  });

  it('comes back after the window ended, each operation a step of its own', async () => {
    const operations = [{ op: 'setTrainable', layers: ['a'], trainable: false }, { op: 'setTrainable', layers: ['b'], trainable: false }] as const;
    const source = { path: '/m.keras', planPath: null, plan: null };
    const beside = await SurgeryDocument.open(reader, { ...source, operations: operations.slice(0, 1) });
    const steps: string[] = [];
    beside.onDidStep(({ label }) => steps.push(label));
    assert.equal(await beside.restore({ base: '/m.keras', operations, sha256: '' }), true);
    assert.deepEqual([steps, beside.stepsSinceSaved().map(({ label }) => label)], [['freeze: b'], ['freeze: b']]);
    assert.equal(beside.isDirty, true);
    assert.equal(await beside.restore({ base: '/m.keras', operations, sha256: '' }), false);
    await beside.undo();
    assert.equal(beside.isDirty, false);
    const trained = await SurgeryDocument.open(reader, { ...source, operations: [] });
    await trained.restore({ base: '/run/model.keras', operations: operations.slice(1), sha256: '' });
    assert.deepEqual(trained.stepsSinceSaved().map(({ label }) => label), ['open', 'freeze: b']);
    await trained.undo();
    assert.deepEqual(trained.edited, { path: '/run/model.keras', operations: [], seed: 0 });
  });

  it('takes what another window left into one that is edited already: its own comes back by undo', async () => {
    const document = await open();
    await document.setTrainable(['a'], false);
    await document.restore({ base: '/m.keras', operations: [{ op: 'setTrainable', layers: ['b'], trainable: false }], sha256: '' });
    assert.deepEqual(document.inspection.layers.map(({ trainable }) => trainable), [true, false, true]);
    for (let steps = 0; steps < 2; steps++) await document.undo();
    assert.deepEqual(document.inspection.layers.map(({ trainable }) => trainable), [false, true, true]);
    await document.revert();
    assert.deepEqual([document.isDirty, document.operations.length], [false, 0]);
  });

  it('follows what another window saved where nothing is unsaved, without a step', async () => {
    const document = await open();
    const steps: string[] = [];
    document.onDidStep(({ label }) => steps.push(label));
    const saved = { base: '/m.keras', operations: [{ op: 'setTrainable', layers: ['b'], trainable: false }] } as const;
    await document.followSaved(saved);
    assert.deepEqual([document.isDirty, document.operations, steps, document.isSavedAs(saved)], [false, saved.operations, [], true]);
    await document.setTrainable(['a'], false);
    await document.followSaved({ base: '/m.keras', operations: [] });
    assert.deepEqual([document.operations.length, steps], [2, ['freeze: a']]);
    await document.revert();
    assert.deepEqual(document.operations, saved.operations);
  });

  it('keeps what it showed of a file that cannot be read any more, its weights included', async () => {
    let gone = false;
    const document = await SurgeryDocument.open({ ask: (name, value) => (gone ? Promise.reject(new Error('gone')) : reader.ask(name, value)) }, { path: '/m.keras', operations: [], planPath: null, plan: null });
    const key = document.weightsKey;
    gone = true;
    await document.fileChanged();
    assert.deepEqual([document.problem, document.weightsKey === key], ['gone', true]);
    gone = false;
    await document.fileChanged();
    assert.deepEqual([document.problem, document.weightsKey === key], [null, false]);
  });

  it('does nothing to a file that is another by now, nor with an operation that is refused', async () => {
    const document = await open();
    const operations = [{ op: 'setTrainable', layers: ['a'], trainable: false }] as const;
    await assert.rejects(document.restore({ base: '/m.keras', operations, sha256: 'of another' }), { code: 'file-changed' });
    await assert.rejects(document.restore({ base: '/m.keras', operations: [...operations, { op: 'removeLayers', layers: ['a'] }], sha256: '' }), { code: 'operation-refused' });
    assert.deepEqual([document.isDirty, document.operations.length, document.canUndo], [false, 0, false]);
  });

  it('holds what a plan holds that was made from it', async () => {
    const document = await open();
    await document.setTrainable(['a'], false);
    document.adoptPlan({ planPath: '/m.surgery.json', plan: { ...plan, operations: document.operations } });
    assert.deepEqual([document.isDirty, document.source.fromPlan], [false, true]);
  });

  it('starts over from the file, and what was edited comes back by undo', async () => {
    const document = await open();
    await document.setTrainable(['a'], false);
    await document.reopen({ operations: [], planPath: null, plan: null });
    assert.equal(document.operations.length, 0);
    await document.undo();
    assert.equal(document.operations.length, 1);
  });

  it('takes the first plan as it is, and calls another loss or optimizer a change', async () => {
    const document = await open();
    document.adoptPlan({ planPath: '/m.surgery.json', plan });
    assert.equal(document.changedSinceCompile.settings, false);
    document.adoptPlan({ planPath: '/m.surgery.json', plan: { ...plan, compile: { loss: 'mse', metrics: [] } } });
    assert.equal(document.changedSinceCompile.settings, true);
    document.recompile();
    assert.equal(document.changedSinceCompile.settings, false);
  });

  it('toggles by what the flag is when its turn has come', async () => {
    const document = await open();
    await Promise.all([document.toggleTrainable('a'), document.toggleTrainable('a'), document.toggleTrainable('a')]);
    assert.equal(document.inspection.layers[0]?.trainable, false);
    await assert.rejects(document.toggleTrainable('nobody'), { code: 'layer-unknown' });
  });

  it('refuses edits while it is held, and takes them again', async () => {
    const document = await open();
    const release = document.hold('training');
    await assert.rejects(document.setTrainable(['a'], false), { code: 'operation-refused', message: 'training' });
    release();
    await document.setTrainable(['a'], false);
    assert.equal(document.operations.length, 1);
  });

  it('keeps no listener that was ended', async () => {
    const document = await open();
    for (let i = 0; i < 10; i++) document.onDidChange(() => undefined).dispose();
    assert.equal(document.listenerCount, 0);
  });
});
