import assert from 'node:assert/strict';
import { SurgeryDocument } from '../../../src/extension/document';
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
    assert.equal(document.canUndo, false);
    assert.equal(document.source.path, '/m.keras');
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
