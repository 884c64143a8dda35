import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelPathIn } from '../../../../src/extension/code/modelPath';
import { layerNameAt, modelOffers, planOffers } from '../../../../src/extension/code/planCode';
import { freezeLoopsOf, loadCallsOf } from '../../../../src/extension/code/pythonCode';
import { slicedLayers } from '../../../../src/extension/code/slicing';

describe('models in code', () => {
  it('load_model: paths in quotes, and where they stand', () => {
    const paths = (line: string): string[] => loadCallsOf(line).map(({ path }) => path);
    assert.deepEqual(paths('m = keras.models.load_model("a/b.keras")'), ['a/b.keras']);
    assert.deepEqual(paths("x, y = load_model('it\\'s.h5', compile=False), load_model(filepath=r'c.keras')"), ["it's.h5", 'c.keras']);
    for (const line of ['# load_model("a.keras")', 'load_model(f"{x}.keras")', 'load_model(path)', 'load_model("a" + b)', 'my_load_model("a.keras")', 'print("load_model(", "a.keras")  # load_model("b")']) {
      assert.deepEqual(paths(line), [], line);
    }
    const line = 'm = load_model( "a.keras" )';
    const [{ start, end }] = loadCallsOf(line);
    assert.equal(line.slice(start, end), 'a.keras');
  });

  it('a loop that sets trainable over layers, and nothing else', () => {
    const found = (text: string): unknown => freezeLoopsOf(text.split('\n'));
    assert.deepEqual(found('for layer in model_B.layers[:-1]:\n    layer.trainable = False'), [{ line: 0, slice: { start: null, stop: -1 }, trainable: false }]);
    assert.deepEqual(found('if x:\n  for l in self.base.layers :  # all\n\n    # now\n    l.trainable = True'), [{ line: 1, slice: { start: null, stop: null }, trainable: true }]);
    assert.deepEqual(found('for l in m.layers[2:5]: l.trainable=False'), [{ line: 0, slice: { start: 2, stop: 5 }, trainable: false }]);
    for (const text of ['for l in m.layers[::2]:\n  l.trainable = False', 'for l in m.layers:\n  k.trainable = False', 'for l in m.layers:\nl.trainable = False', 'for l in m.layers:\n  l.trainable = flag', '# for l in m.layers: l.trainable = False']) {
      assert.deepEqual(found(text), [], text);
    }
  });

  it('a slice means what it means in Keras: layers of the outermost model', () => {
    const layers = ['a', 'b', 'b/inner', 'c'].map((path) => ({ path, name: path.split('/').at(-1) })) as unknown as Parameters<typeof slicedLayers>[0]['layers'];
    const of = (start: number | null, stop: number | null): string[] => slicedLayers({ layers }, { start, stop });
    assert.deepEqual([of(null, null), of(null, -1), of(1, null), of(-1, null), of(-9, 1), of(2, 1), of(0, 0)], [['a', 'b', 'c'], ['a', 'b'], ['b', 'c'], ['c'], ['a'], [], []]);
  });

  it('a plan offers its model and the training of its phases', () => {
    const text = JSON.stringify({ version: 1, model: 'm.keras', operations: [{ op: 'rename', layer: 'first "one"', name: 'x' }], phases: [{ freeze: ['a/b'], epochs: 1 }, { freeze: 'nothing' }, { freeze: 'all' }] }, null, 2);
    const offers = planOffers(text);
    assert.deepEqual(offers.flatMap(({ kind, layer }) => (kind === 'show' ? [layer] : [])), ['rename', 'first "one"', 'x', 'a/b', 'nothing', 'all']);
    assert.deepEqual(offers.filter(({ kind }) => kind !== 'show').map(({ kind, phase }) => [kind, phase]), [['open', undefined], ['train all', undefined], ['train phase', 1], ['train phase', 2], ['train phase', 3]]);
    assert.equal(text.slice(offers[2].offset, offers[2].offset + 1), '{');
    assert.deepEqual([planOffers('[]'), planOffers('{"phases": []}'), planOffers('')], [[], [], []]);
    assert.equal(layerNameAt(text, text.indexOf('first') + 2), 'first "one"');
    assert.equal(layerNameAt(text, text.indexOf('a/b') + 1), 'a/b');
    assert.equal(layerNameAt(text, text.indexOf('m.keras') + 1), null);
    assert.equal(layerNameAt(text, text.indexOf('"layer"') + 2), null);
  });

  it('a model.json offers flag and weights of each layer, nested ones too', () => {
    const layer = (name: string, config: object = {}): object => ({ class_name: 'Dense', config: { name, ...config } });
    const text = JSON.stringify({ modelTopology: { model_config: { class_name: 'Model', config: { layers: [layer('a'), layer('inner', { layers: [layer('b')] })] } } } });
    assert.deepEqual(modelOffers(text).filter(({ kind }) => kind === 'open' || kind === 'freeze').map(({ kind, layer: path }) => [kind, path]), [['open', undefined], ['freeze', 'a'], ['freeze', 'inner'], ['freeze', 'inner/b']]);
    assert.deepEqual(modelOffers('{"name": "no model"}'), []);
  });

  it('a path in code is a model file inside the workspace, its links followed', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'model-surgery-code-')));
    try {
      const [inside, outside] = [join(folder, 'work'), join(folder, 'other')];
      for (const path of [inside, join(inside, 'code'), outside]) mkdirSync(path);
      for (const path of [join(inside, 'm.keras'), join(inside, 'notes.txt'), join(outside, 'secret.keras')]) writeFileSync(path, '');
      symlinkSync(join(outside, 'secret.keras'), join(inside, 'link.keras'));
      const find = (path: string, folders: readonly string[] = [inside]): Promise<string | null> => modelPathIn(join(inside, 'code', 'a.py'), path, folders);
      assert.equal(await find('../m.keras'), join(inside, 'm.keras'));
      assert.equal(await find('m.keras'), join(inside, 'm.keras'));
      assert.equal(await find(join(inside, 'm.keras')), join(inside, 'm.keras'));
      for (const path of ['../../other/secret.keras', join(outside, 'secret.keras'), '../link.keras', '../notes.txt', 'none.keras', 'm.keras\0']) assert.equal(await find(path), null, path);
      assert.equal(await find('m.keras', []), null);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
