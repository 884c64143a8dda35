import assert from 'node:assert/strict';
import { SurgeryError } from '../../../src/core/errors';
import type { Inspection, LayerInspection } from '../../../src/core/inspect/inspection';
import { SurgeryDocument, type ModelReader } from '../../../src/extension/document';
import type { EditedModel } from '../../../src/protocol/workerCalls';

/** A worker's answers for a model of three Dense layers, by the operations asked for. */
function inspectionOf({ operations }: EditedModel): Inspection {
  const flags = new Map([['a', true], ['b', true], ['head', true]]);
  for (const operation of operations) {
    if (operation.op === 'removeLayers') throw new SurgeryError('operation-refused', 'not here');
    if (operation.op === 'setTrainable' && Array.isArray(operation.layers)) for (const path of operation.layers as string[]) flags.set(path, operation.trainable);
  }
  const layers = [...flags].map(([path, trainable]): LayerInspection => ({ path, name: path, class: 'Dense', outputShape: [null, 1], parameters: 2, trainable,
    effectiveTrainable: trainable, frozenBecause: trainable ? null : 'own flag', opaque: null, weights: [] }));
  return { format: 'keras', kerasVersion: '3', name: 'm', class: 'Sequential', sha256: '', parameters: { total: 6, trainable: 6, frozen: 0 }, inputs: [], outputs: [],
    layers, compile: { loss: 'mse', metrics: [], optimizer: 'sgd' }, problems: [], head: 'head' };
}
const reader = { ask: (_name: string, ask: EditedModel) => new Promise((resolve) => resolve(inspectionOf(ask))) } as unknown as ModelReader;
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
});
