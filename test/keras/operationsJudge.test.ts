import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeKeras } from '../../src/core/formats/writeKeras';
import { SurgeryError } from '../../src/core/errors';
import type { Model } from '../../src/core/model/model';
import { layerCatalogue } from '../../src/core/surgery/layerCatalogue';
import type { Operation } from '../../src/core/surgery/operation';
import { RandomStream } from '../../src/core/training/random';
import { editModel, openModel, type OpenedModel } from '../../src/node/jobs/openModel';
import { projectRoot } from '../support/cached';
import { kerasEnvironment, kerasPython } from '../support/keras';
import { modelOutputs } from '../support/modelOutputs';

/** What Keras says of an edited model. */
interface Facts {
  readonly outputs: Readonly<Record<string, readonly number[]>>;
  readonly layers: readonly string[];
  /** Sum of the regularizers. */
  readonly penalty: number;
}

interface Edited {
  readonly model: Model;
  readonly outputs: readonly (readonly number[])[];
}

const sources = ['image', 'graph', 'sequence', 'vector', 'volume', 'masked', 'attention'] as const;
type Source = (typeof sources)[number];

const edits: Readonly<Record<string, readonly [Source, readonly Operation[]]>> = {
  folded: ['image', [{ op: 'foldBatchNormalization' }]],
  moved: ['image', [{ op: 'moveLayer', layer: 'drop', before: 'pool' }, { op: 'moveLayer', layer: 'ramp', after: 'first' }]],
  copied: ['image', [{ op: 'duplicateLayer', layer: 'drop' }, { op: 'duplicateLayer', layer: 'norm' }, { op: 'duplicateLayer', layer: 'hidden' }]],
  drawn: ['image', [{ op: 'reinitialize', layers: 'all' }]],
  set: ['image', [
    { op: 'setActivation', layer: 'depth', activation: 'relu' }, { op: 'setRate', layer: 'drop', rate: 0.1 },
    { op: 'setRegularizer', layer: 'depth', weight: 'depthwise', regularizer: { class_name: 'L1L2', config: { l1: 0.5, l2: 0.25 } } }, { op: 'setRegularizer', layer: 'hidden', weight: 'bias', regularizer: 'l1' },
  ]],
  still: ['image', [{ op: 'setRate', layer: 'drop', rate: 0 }]],
  second: ['image', [{ op: 'addOutput', layer: 'pool' }, { op: 'addOutput', layer: 'hidden', units: 2, name: 'side' }]],
  classes: ['image', [{ op: 'setClasses', classes: 5, keep: [1, 0] }]],
  sized: ['image', [{ op: 'setInputSize', size: [16, 12] }]],
  front: ['image', [{ op: 'cut', layer: 'pool', keep: 'before' }]],
  back: ['image', [{ op: 'cut', layer: 'norm', keep: 'after' }]],
  wired: ['graph', [
    { op: 'insertLayer', class: 'LayerNormalization', after: 'encoder/code' }, { op: 'insertLayer', class: 'Dense', after: 'twin' },
    { op: 'insertLayer', class: 'Dropout', before: 'out' }, { op: 'insertLayer', class: 'GaussianNoise', after: 'a' },
  ]],
  nested: ['graph', [{ op: 'duplicateLayer', layer: 'encoder', name: 'again' }, { op: 'reinitialize', layers: ['again/code'] }]],
  third: ['graph', [{ op: 'addOutput', layer: 'joined', units: 3, activation: 'linear' }]],
  shortened: ['masked', [{ op: 'removeLayers', layers: ['once', 'each'] }]],
  longer: ['masked', [{ op: 'duplicateLayer', layer: 'once' }, { op: 'insertLayer', class: 'Dropout', before: 'once' }, { op: 'insertLayer', class: 'LayerNormalization', after: 'both_ways' }]],
  turned: ['masked', [{ op: 'moveLayer', layer: 'each', after: 'once' }]],
  hearing: ['masked', [{ op: 'insertLayer', class: 'GRU', after: 'tokens', config: { return_sequences: true } }, { op: 'moveLayer', layer: 'once', after: 'tokens' }]],
  attending: ['attention', [{ op: 'duplicateLayer', layer: 'attend' }, { op: 'insertLayer', class: 'LayerNormalization', before: 'attend' }]],
  widened: ['attention', [{ op: 'insertLayer', class: 'Dropout', after: 'heard' }, { op: 'removeLayers', layers: ['attend'] }]],
  halved: ['graph', [{ op: 'cut', layer: 'joined', keep: 'after' }]],
};

/** Every layer of the catalogue that some model takes at its first computing layer. */
const spots: readonly (readonly [Source, string])[] = [['vector', 'numbers'], ['sequence', 'steps'], ['image', 'pixels'], ['volume', 'volume']];

const run = promisify(execFile);

describe('later operations before real Keras', function () {
  this.timeout(600_000);
  let folder = '';
  const edited = new Map<string, Edited>();
  const missing = new Set(layerCatalogue.map((entry) => entry.class));
  let facts: Readonly<Record<string, Facts>> = {};
  const inputs: Record<string, Record<string, { shape: readonly number[]; data: readonly number[] }>> = {};

  async function keep(name: string, source: OpenedModel, operations: readonly Operation[]): Promise<void> {
    const { model } = await editModel(source, { operations, seed: 1 });
    const draw = new RandomStream(8, name);
    const batch = model.root.network.inputs.map(({ shape, dtype }) => {
      const sizes = [3, ...shape.slice(1).map((size) => size ?? 5)];
      const numbers = Float64Array.from(draw.uniforms(sizes.reduce((product, size) => product * size, 1)));
      return { shape: sizes, data: dtype === 'int32' ? numbers.map((number) => Math.floor(number * 9)) : numbers };
    });
    inputs[`edited-${name}`] = Object.fromEntries(model.root.network.inputs.map((input, index) => [input.ref.layer, { shape: batch[index].shape, data: [...batch[index].data] }]));
    edited.set(name, { model, outputs: modelOutputs(model, batch).map(({ data }) => [...data]) });
    await writeFile(join(folder, `edited-${name}.keras`), await writeKeras(model));
  }

  before(async () => {
    const python = await kerasPython();
    const script = join(projectRoot, 'test/keras/operationsJudge.py');
    folder = await mkdtemp(join(tmpdir(), 'model-surgery-operations-'));
    await run(python, [script, 'make', folder], { env: kerasEnvironment });
    const opened = Object.fromEntries(await Promise.all(sources.map(async (name) => [name, await openModel(join(folder, `${name}.keras`))] as const))) as Record<Source, OpenedModel>;
    for (const [name, [source, operations]] of Object.entries(edits)) await keep(name, opened[source], operations);
    for (const [source, input] of spots) {
      for (const { class: className } of layerCatalogue.filter((entry) => missing.has(entry.class))) {
        const before = opened[source].model.root.network.layers.find((layer) => layer.className !== 'InputLayer')?.name ?? input;
        try {
          await keep(className, opened[source], [{ op: 'cut', layer: before, keep: 'before' }, { op: 'insertLayer', class: className, after: before }].slice(source === 'image' ? 0 : 1) as Operation[]);
          missing.delete(className);
        } catch (thrown) {
          if (!(thrown instanceof SurgeryError)) throw thrown;
        }
      }
    }
    await writeFile(join(folder, 'inputs.json'), JSON.stringify(inputs));
    const { stdout } = await run(python, [script, 'judge', folder], { env: kerasEnvironment, maxBuffer: 2 ** 26 });
    facts = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as typeof facts;
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('every layer of the catalogue finds a place', () => assert.deepEqual([...missing], []));

  for (const name of [...Object.keys(edits), ...layerCatalogue.map((entry) => entry.class)]) {
    it(`${name}: Keras loads it, computes the same and trains it`, () => {
      const { model, outputs } = edited.get(name) ?? assert.fail(`no model ${name}`);
      const found = facts[`edited-${name}`] as Facts | undefined;
      assert.ok(found, 'Keras loads it');
      assert.deepEqual(Object.keys(found.outputs), model.root.network.outputs.map(({ ref }) => ref.layer));
      Object.values(found.outputs).forEach((values, index) => {
        assert.equal(values.length, outputs[index].length);
        values.forEach((value, at) => assert.ok(Math.abs(value - outputs[index][at]) < 1e-4, `${value} for ${outputs[index][at]}`));
      });
      const isListed = ({ className }: { className: string }): boolean => model.root.network.kind === 'functional' || className !== 'InputLayer';
      assert.deepEqual(found.layers, model.root.network.layers.filter((layer) => !layer.operation && isListed(layer)).map((layer) => layer.name));
    });
  }

  it('a regularizer adds to the loss of Keras', () => assert.ok(facts['edited-set'].penalty > 0.01, `${facts['edited-set'].penalty}`));
});
