import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspectModel } from '../../../../src/core/inspect/inspectModel';
import { walkLayers, type Model } from '../../../../src/core/model/model';
import { openModel } from '../../../../src/node/jobs/openModel';
import { projectRoot } from '../../../support/cached';
import { unpacked } from '../../../support/memoryFolder';

const archive = join(projectRoot, 'test/keras/golden/formats/nested.keras3.keras');
const contents = (model: Model): unknown[] => [...walkLayers(model)].map(({ path, layer }) => [path, layer.config, layer.weights.map(({ bytes }) => [...bytes])]);

describe('a .keras that was saved without being zipped', () => {
  let place: string;
  let model: string;

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'model-surgery-unpacked-'));
    model = join(place, 'model');
    for (const [name, bytes] of unpacked(await readFile(archive))) {
      await mkdir(dirname(join(model, name)), { recursive: true });
      await writeFile(join(model, name), bytes);
    }
  });

  afterEach(() => rm(place, { recursive: true, force: true }));

  it('is the model that the archive holds', async () => {
    const opened = await openModel(model);
    assert.deepEqual(contents(opened.model), contents((await openModel(archive)).model));
    assert.equal(inspectModel(opened.model, opened.sha256).format, 'keras');
  });

  it('has a hash that every file in it changes', async () => {
    const before = (await openModel(model)).sha256;
    await writeFile(join(model, 'metadata.json'), '{"keras_version": "3.0.0"}');
    assert.notEqual((await openModel(model)).sha256, before);
  });

  it('does not read weights that a link leads to', async () => {
    await rename(join(model, 'model.weights.h5'), join(place, 'elsewhere'));
    await symlink(join(place, 'elsewhere'), join(model, 'model.weights.h5'));
    await assert.rejects(openModel(model), ({ code }: { code: string }) => ['format-hostile', 'not-a-model', 'format-unknown'].includes(code));
  });
});

it('weights that Keras cut into several files are refused by name', async () => {
  const place = await mkdtemp(join(tmpdir(), 'model-surgery-shards-'));
  try {
    await writeFile(join(place, 'model.weights.json'), '{"metadata": {"total_size": 912.0}, "weight_map": {"/layers/dense/vars": ["model_00000.weights.h5"]}}');
    await assert.rejects(openModel(join(place, 'model.weights.json')), { code: 'unsupported' });
  } finally {
    await rm(place, { recursive: true, force: true });
  }
});
