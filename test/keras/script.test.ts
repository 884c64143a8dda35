import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeNpy } from '../../src/core/data/writeNpy';
import { writeZip } from '../../src/core/formats/writeZip';
import { RandomStream } from '../../src/core/training/random';
import { projectRoot } from '../support/cached';
import { kerasEnvironment, kerasPython } from '../support/keras';
import { answer, cli, errorOf, eventsOf, goldenFormats, Workplace } from '../unit/cli/workplace';

const run = promisify(execFile);
const draw = new RandomStream(3, 'script test');
const uniform = (...shape: readonly number[]): Uint8Array => writeNpy(shape, draw.uniforms(shape.reduce((size, next) => size * next, 1)));
const labels = (count: number, classes: number): Uint8Array => writeNpy([count], draw.uniforms(count).map((share) => Math.floor(share * classes)));
const sgd = (config: object): object => ({ class_name: 'SGD', config });

interface Changed {
  readonly same: boolean;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly { readonly path: string; readonly weights: readonly { readonly name: string; readonly maxAbs: number }[] }[];
}

/** Plans that between them have every kind of data, setting and freeze set; what they do not name is the sample's. */
function plans(place: Workplace): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  place.write('two 雙\'🙂.npz', writeZip({ 'image.npy': uniform(40, 4, 4, 1), 'meta.npy': uniform(40, 3), 'yes.npy': labels(40, 2), 'kind.npy': labels(40, 3), 'weight.npy': uniform(40) }));
  place.write('x.npy', uniform(50, 4));
  place.write('y.npy', labels(50, 3));
  const set = { inputs: { image: 'two 雙\'🙂.npz#image', meta: 'two 雙\'🙂.npz#meta' }, targets: { yes: 'two 雙\'🙂.npz#yes', kind: 'two 雙\'🙂.npz#kind' } };
  const images = join(projectRoot, 'test/keras/golden/images/folder');
  for (const [split, kinds] of [['train', ['Ant', 'bee', 'cat']], ['test', ['bee', 'cat']]] as const) {
    for (const [index, kind] of kinds.entries()) for (let copy = 0; copy < 4; copy++) {
      mkdirSync(place.path(`${split}/${kind}`), { recursive: true });
      copyFileSync(join(images, ['ant/10.png', 'bee/inner/0.PNG', 'Cat/x.png', 'ant/9.png'][(index + copy) % 4]), place.path(`${split}/${kind}/${copy}.png`));
    }
  }
  const row = (index: number): string => `${index % 7},${(index * 5) % 11 / 4},"${['red', 'a ""b"", c', 'blue'][index % 3]}",${index % 5 - 2.5},${index % 4}`;
  const table = (count: number): string => ['width;height;kind;depth;age'.replaceAll(';', ','), ...Array.from({ length: count }, (_, index) => row(index))].join('\n');
  place.write('t.csv', table(40));
  place.write('u.csv', table(2));
  const pictures = { compile: { loss: 'sparse_categorical_crossentropy', metrics: ['accuracy'] }, operations: [{ op: 'replaceHead', units: 3, activation: 'softmax' }] };
  return {
    textbook: {},
    'a folder of images': {
      ...pictures,
      data: { train: { inputs: 'train', targets: 'train', scale: 1 / 255, take: 10 }, test: { inputs: 'test', targets: 'test#labels', scale: 1 / 255 } },
      phases: [{ freeze: 'all but head', optimizer: sgd({ learning_rate: 0.1 }), epochs: 3, batchSize: 4 }],
    },
    'images of some classes': {
      ...pictures, operations: [{ op: 'replaceHead', units: 1, activation: 'sigmoid' }], compile: { loss: 'binary_crossentropy', metrics: ['accuracy'] },
      data: { train: { inputs: 'train#images', targets: 'train', scale: 1 / 255, classes: { cat: 0, Ant: 1 } }, test: { inputs: 'test', targets: 'test', scale: 1 / 255, classes: { cat: 0, Ant: 1 } } },
      phases: [{ freeze: 'nothing', optimizer: sgd({ learning_rate: 0.001 }), epochs: 2, batchSize: 3 }],
    },
    'a table': {
      model: join(goldenFormats, 'nested.keras3.keras'), operations: [{ op: 'removeLayers', layers: ['deep/innermost'] }],
      data: { train: { inputs: 't.csv', targets: 't.csv#kind' }, test: { inputs: 'u.csv#width,height,depth,age', targets: 'u.csv#kind' } },
      compile: { loss: { class_name: 'SparseCategoricalCrossentropy', config: { from_logits: true } }, metrics: ['accuracy'] },
      phases: [{ freeze: 'nothing', optimizer: sgd({ learning_rate: 0.01 }), epochs: 3, batchSize: 7 }],
    },
    'several "inputs" \\ outputs': {
      model: join(goldenFormats, 'multi_io.keras3.keras'), operations: [{ op: 'rename', layer: 'conv2d', name: 'ein-Pixel' }],
      data: { train: { ...set, sampleWeights: { yes: 'two 雙\'🙂.npz#weight', kind: 'two 雙\'🙂.npz#weight' }, take: 33 }, validation: set, test: set },
      compile: { loss: { yes: 'binary_crossentropy', kind: { class_name: 'SparseCategoricalCrossentropy', config: {} } }, metrics: { yes: ['accuracy'], kind: ['accuracy'] }, lossWeights: { yes: 1, kind: 0.5 } },
      phases: [
        { freeze: ['ein-Pixel', 'dense'], optimizer: sgd({ learning_rate: 1, momentum: 0.5 }), epochs: 2, batchSize: 8, shuffle: false },
        { freeze: 'nothing', optimizer: 'sgd', epochs: 2, batchSize: 16 },
      ],
      seed: { initialization: 1, order: 2, sample: -3 },
    },
    'weights of classes': {
      model: join(goldenFormats, 'nested.keras3.keras'), operations: [{ op: 'removeLayers', layers: ['deep/innermost'] }],
      data: { train: { inputs: 'x.npy', targets: 'y.npy', classes: { 2: 0, 0: 1, 1: 2 }, scale: 2 }, test: { inputs: 'x.npy', targets: 'y.npy' } },
      compile: { loss: { class_name: 'SparseCategoricalCrossentropy', config: { from_logits: true } }, metrics: ['accuracy'] },
      phases: [{
        freeze: ['block/inner_bn'], epochs: 3, batchSize: 7, shuffle: false, classWeights: { 0: 2, 2: 0.5 },
        optimizer: sgd({ learning_rate: { class_name: 'PolynomialDecay', config: { initial_learning_rate: 0.0625, decay_steps: 20, end_learning_rate: 0.01 } } }),
      }],
    },
  };
}

describe('a plan as a script before real Keras', function () {
  this.timeout(600_000);
  const place = new Workplace();
  let python = '';
  before(async () => (python = await kerasPython()));
  after(() => place.remove());

  for (const name of ['textbook', 'a folder of images', 'images of some classes', 'a table', 'several "inputs" \\ outputs', 'weights of classes']) {
    it(`${name}: the weights and figures of a run`, async () => {
      const file = name.replaceAll(/\W/g, '');
      const plan = place.plan(`${file}.surgery.json`, plans(place)[name]);
      const ran = await cli(['run', plan, '--out', place.path(file), '--json']);
      assert.equal(ran.code, 0, ran.stderr);
      const script = place.path(`${file}.py`);
      const written = await answer('export', plan, '--to', 'script', '--out', script);
      assert.deepEqual([written.path, written.format], [script, 'script']);
      const { stdout } = await run(python, [script, '--out', place.path(`${file}.keras-result`)], { env: kerasEnvironment });
      for (const model of ['model.keras', 'best.keras']) {
        const { added, removed, changed } = (await answer('diff', join(place.path(file), model), join(place.path(`${file}.keras-result`), model))) as unknown as Changed;
        assert.deepEqual([added, removed], [[], []]);
        const largest = Math.max(0, ...changed.flatMap(({ weights }) => weights.map(({ maxAbs }) => maxAbs)));
        assert.ok(largest < 1e-5, `${model} is off by ${largest}`);
        const { changed: trained } = (await answer('diff', join(place.path(file), model), place.path(`${file}.initial.keras`))) as unknown as Changed;
        assert.ok(trained.length > 0, 'the run trained something');
      }
      const { test: figures } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { test: Record<string, number> };
      const { test } = eventsOf(ran.stdout).find(({ type }) => type === 'result') as unknown as { test: Record<string, number> };
      assert.ok(Math.abs(figures.loss - test.loss) < 1e-5, `test loss ${figures.loss} instead of ${test.loss}`);
    });
  }

  it('a model alone: a script that loads it and says what it is', async () => {
    const model = join(goldenFormats, 'sequential_mlp.keras2.h5');
    const script = place.path('alone.py');
    await answer('export', model, '--to', 'script', '--out', script);
    await run(python, [script], { env: kerasEnvironment });
    const { added, removed, changed } = (await answer('diff', model, place.path('alone.result/model.keras'))) as unknown as Changed;
    assert.deepEqual([added, removed, changed], [[], [], []]);
  });

  it('the model beside the script is none of the inputs', async () => {
    const model = place.write('here.initial.keras', place.read('alone.initial.keras'));
    const ended = await cli(['export', model, '--to', 'script', '--out', place.path('here.py'), '--json']);
    assert.deepEqual([ended.code, errorOf(ended).code], [1, 'output-refused']);
    assert.ok(!place.files().includes('here.py'));
  });
});
