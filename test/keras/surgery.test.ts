import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeKeras } from '../../src/core/formats/writeKeras';
import type { Operation } from '../../src/core/surgery/operation';
import { editModel, openModel } from '../../src/node/jobs/openModel';
import { projectRoot } from '../support/cached';
import { kerasEnvironment, kerasPython } from '../support/keras';

/** What Keras says of an edited model. */
interface Facts {
  /** Largest difference to the predictions of the same cut made by Keras. */
  readonly distance: number;
  readonly trainable: readonly string[];
  /** Of one epoch that Keras trains on. */
  readonly loss: number | null;
  readonly name: string;
  readonly layers: readonly string[];
}

const edits: Readonly<Record<string, readonly Operation[]>> = {
  grafted: [{ op: 'replaceHead', units: 1, activation: 'sigmoid' }, { op: 'setTrainable', layers: 'all but head', trainable: false }],
  cut: [{ op: 'removeLayers', layers: ['base/last', 'chances'] }],
  straight: [{ op: 'removeLayers', layers: ['base/joined', 'base/twin'] }],
  renamed: [{ op: 'rename', layer: 'base', name: 'trunk' }, { op: 'rename', layer: 'trunk/twin', name: 'both' }, { op: 'rename', layer: 'image', name: 'picture' }],
};

const run = promisify(execFile);

describe('surgery before real Keras', function () {
  // The first run may have to install Keras.
  this.timeout(600_000);
  let folder = '';
  let facts: Readonly<Record<string, Facts>> = {};

  before(async () => {
    const python = await kerasPython();
    const script = join(projectRoot, 'test/keras/surgery.py');
    folder = await mkdtemp(join(tmpdir(), 'model-surgery-keras-'));
    await run(python, [script, 'make', folder], { env: kerasEnvironment });
    const source = await openModel(join(folder, 'source.keras'));
    for (const [name, operations] of Object.entries(edits)) {
      const { model } = await editModel(source, { operations, seed: 1 });
      await writeFile(join(folder, `${name}.keras`), await writeKeras(model));
    }
    const { stdout } = await run(python, [script, 'judge', folder], { env: kerasEnvironment });
    facts = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as typeof facts;
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('a new head stands on the old body, alone trainable, and Keras trains it', () => {
    const { distance, trainable, loss, name, layers } = facts.grafted;
    assert.ok(distance < 1e-5, `distance ${distance}`);
    assert.deepEqual(trainable, ['head/bias', 'head/kernel']);
    assert.equal(name, 'binary_crossentropy');
    assert.ok(Number.isFinite(loss) && loss !== null && loss > 0);
    assert.deepEqual(layers, ['image', 'base', 'pooled', 'head']);
  });

  it('layers that are cut off leave what Keras computes before them', () => {
    assert.ok(facts.cut.distance < 1e-5, `distance ${facts.cut.distance}`);
    assert.deepEqual(facts.cut.layers, ['image', 'base', 'pooled', 'logits']);
  });

  it('a shared layer and the sum behind it are bypassed inside a nested model', () => {
    assert.ok(facts.straight.distance < 1e-5, `distance ${facts.straight.distance}`);
  });

  it('new names change no number', () => {
    assert.ok(facts.renamed.distance < 1e-5, `distance ${facts.renamed.distance}`);
    assert.deepEqual(facts.renamed.layers, ['picture', 'trunk', 'pooled', 'logits', 'chances']);
  });
});
