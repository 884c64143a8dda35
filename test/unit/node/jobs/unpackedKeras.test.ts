import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspectModel } from '../../../../src/core/inspect/inspectModel';
import { walkLayers, type Model } from '../../../../src/core/model/model';
import { editModel, openModel } from '../../../../src/node/jobs/openModel';
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

describe('weights that Keras cut into several files', () => {
  const goldens = join(projectRoot, 'test/keras/golden');
  const index = join(goldens, 'shards/mlp.weights.json');
  const original = join(goldens, 'formats/sequential_mlp.keras3.keras');
  const weightsOf = ({ root }: Model): unknown => root.network.layers.map(({ name, weights }) => [name, weights.map((weight) => ({ name: weight.name, bytes: [...weight.bytes] }))]);
  let place: string;
  before(async () => { place = await mkdtemp(join(tmpdir(), 'model-surgery-shards-')); });
  after(() => rm(place, { recursive: true, force: true }));

  for (const by of ['order', 'name'] as const) {
    it(`are loaded onto the model by ${by}`, async () => {
      const whole = await openModel(original);
      const blank = await editModel(whole, { operations: [{ op: 'reinitialize', layers: ['hidden', 'dense'] }], seed: 1 });
      assert.notDeepEqual(weightsOf(blank.model), weightsOf(whole.model));
      const loaded = await editModel(blank, { operations: [{ op: 'loadWeights', from: index, by }], seed: 1 });
      assert.deepEqual(weightsOf(loaded.model), weightsOf(whole.model));
    });
  }

  it('are no model, and a missing or foreign file is named', async () => {
    await assert.rejects(openModel(index), { code: 'not-a-model', message: /loadWeights/ });
    const whole = await openModel(original);
    const load = async (file: string): Promise<unknown> => {
      await writeFile(join(place, 'w.weights.json'), JSON.stringify({ metadata: {}, weight_map: { '/layers/dense/vars': [file] } }));
      return editModel(whole, { operations: [{ op: 'loadWeights', from: join(place, 'w.weights.json'), by: 'order' }], seed: 1 });
    };
    await assert.rejects(load('w_00000.weights.h5'), { code: 'file-missing' });
    await assert.rejects(load('../w_00000.weights.h5'), { code: 'format-hostile' });
  });
});
