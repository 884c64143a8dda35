import assert from 'node:assert/strict';
import { link, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspectModel } from '../../../../src/core/inspect/inspectModel';
import { exportJob } from '../../../../src/node/jobs/exportModel';
import { openModel } from '../../../../src/node/jobs/openModel';
import { OpenModels } from '../../../../src/worker/openModels';
import { projectRoot } from '../../../support/cached';
import { unpacked } from '../../../support/memoryFolder';

const shard = 'variables/variables.data-00000-of-00001';
const encodeOnnx = (): Uint8Array => assert.fail('no ONNX was asked for');

describe('a SavedModel folder', () => {
  let place: string;
  let model: string;

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'model-surgery-folder-'));
    model = join(place, 'model');
    for (const [name, bytes] of unpacked(await readFile(join(projectRoot, 'test/keras/golden/savedModels/nested.zip')))) {
      await mkdir(dirname(join(model, name)), { recursive: true });
      await writeFile(join(model, name), bytes);
    }
  });

  afterEach(() => rm(place, { recursive: true, force: true }));

  it('opens, and through a link of the user', async () => {
    const opened = await openModel(model);
    assert.equal(inspectModel(opened.model, opened.sha256).format, 'saved-model');
    await symlink(model, join(place, 'link'));
    assert.equal((await openModel(join(place, 'link'))).sha256, opened.sha256);
  });

  it('has a hash that every file in it changes', async () => {
    const before = (await openModel(model)).sha256;
    await writeFile(join(model, 'fingerprint.pb'), 'other');
    assert.notEqual((await openModel(model)).sha256, before);
  });

  it('is read again by the worker after a file in it was written', async () => {
    const models = new OpenModels();
    const asked = { path: model, operations: [], seed: 0 };
    const before = await models.inspect(asked);
    const metadata = join(model, 'keras_metadata.pb');
    const text = await readFile(metadata, 'latin1');
    await writeFile(metadata, text.replaceAll('"name": "tower", "trainable": false', '"name": "tower", "trainable":  true'), 'latin1');
    const after = await models.inspect(asked);
    const flagOf = ({ layers }: typeof before): boolean | undefined => layers.find(({ path }) => path === 'tower')?.trainable;
    assert.deepEqual([flagOf(before), flagOf(after)], [false, true]);
  });

  it('with a shard that is a link, soft or hard, is refused', async () => {
    await rename(join(model, shard), join(place, 'elsewhere'));
    await symlink(join(place, 'elsewhere'), join(model, shard));
    await assert.rejects(openModel(model), { code: 'format-hostile' });
    await rm(join(model, shard));
    await link(join(place, 'elsewhere'), join(model, shard));
    await assert.rejects(openModel(model), { code: 'format-hostile' });
  });

  it('is exported beside itself, never into itself', async () => {
    const opened = await openModel(model);
    const job = { model: opened.model, to: 'keras', inputs: [model], encodeOnnx };
    await assert.rejects(exportJob({ ...job, out: join(model, 'inside.keras') }), { code: 'output-refused' });
    await assert.rejects(exportJob({ ...job, out: model }), { code: 'output-refused' });
    await exportJob({ ...job, out: join(place, 'beside.keras') });
    assert.ok((await stat(join(place, 'beside.keras'))).size > 1000);
    assert.equal((await openModel(model)).sha256, opened.sha256);
  });

  it('that is another folder is refused by name', async () => {
    await assert.rejects(openModel(place), { code: 'not-a-model' });
  });
});
