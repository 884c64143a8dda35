import assert from 'node:assert/strict';
import type { DataSet } from '../../../../src/core/data/dataSet';
import { type Layer, type Model, walkLayers, weightPaths } from '../../../../src/core/model/model';
import type { Engine, EngineName } from '../../../../src/core/ports';
import type { RunEventBody } from '../../../../src/core/run/events';
import { type RunOptions, runPlan } from '../../../../src/core/run/runPlan';
import { applyFreeze } from '../../../../src/core/surgery/flags';
import { findPrefix } from '../../../../src/core/training/prefix';
import { RandomStream } from '../../../../src/core/training/random';
import { encodeNumbers } from '../../../../src/core/weights/decode';
import { openEngine } from '../../../../src/engine/openEngine';
import { fitModel, fitOptions, goldenFit, sha256 } from './goldenFits';

const engines: readonly EngineName[] = ['onnxruntime', 'onnxruntime-wasm'];

function bytesOf(model: Model): string[] {
  return [...walkLayers(model)].flatMap(({ path, layer }) => weightPaths(path, layer).map((name, i) => `${name} ${sha256(layer.weights[i].bytes)}`));
}

const stream = new RandomStream(11, 'test');

function dense(name: string, [inputs, units]: readonly [number, number], activation: string): Layer {
  const weight = (own: string, shape: readonly number[]): Layer['weights'][number] => {
    const numbers = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => stream.normal() / Math.sqrt(inputs));
    return { name: own, shape, dtype: 'float32', trainable: true, bytes: encodeNumbers('float32', numbers) };
  };
  return {
    name, className: 'Dense', envelope: {}, config: { name, units, activation, use_bias: true }, trainable: true,
    weights: [weight('kernel', [inputs, units]), weight('bias', [units])],
  };
}

/** A chain of layers over [batch, width]. */
function chain(width: number, layers: readonly Layer[]): Model {
  const source = { kind: 'tensor', layer: 'source', call: 0, output: 0 } as const;
  const refs = [source, ...layers.map(({ name }) => ({ kind: 'tensor', layer: name, call: 0, output: 0 }) as const)];
  return {
    root: {
      name: 'chain', className: 'Sequential', envelope: {}, config: {}, trainable: true, weights: [],
      network: {
        kind: 'sequential', layers,
        calls: layers.map(({ name }, index) => ({ layer: name, call: 0, args: [refs[index]], kwargs: {} })),
        inputs: [{ name: 'source', shape: [null, width], dtype: 'float32', ref: source }],
        outputs: [{ name: layers[layers.length - 1].name, ref: refs[layers.length] }],
      },
    },
    compile: null, compileConfig: null, optimizerVariables: [], format: 'keras', kerasVersion: '3.15.1', problems: [],
  };
}

function dropout(rate: number): Layer {
  return { name: 'drop', className: 'Dropout', envelope: {}, config: { name: 'drop', rate }, trainable: true, weights: [] };
}

/** The textbook's widths, and a mask behind the frozen part, so that random numbers must agree too. */
function textbook(samples: number): { model: Model; data: RunOptions['data'] } {
  const model = chain(784, [dense('first', [784, 300], 'selu'), dense('second', [300, 100], 'selu'), dense('third', [100, 50], 'selu'), dropout(0.3), dense('head', [50, 1], 'sigmoid')]);
  const set = (count: number): DataSet => ({
    samples: count,
    inputs: { source: { shape: [count, 28, 28], data: Uint8Array.from({ length: count * 784 }, () => 256 * stream.uniform()), scale: 1 / 255 } },
    targets: { head: { shape: [count], data: Uint8Array.from({ length: count }, () => 2 * stream.uniform()), scale: 1 } },
  });
  const flat = (given: DataSet): DataSet => ({ ...given, inputs: { source: { ...given.inputs['source'], shape: [given.samples, 784] } } });
  return { model, data: { train: flat(set(samples)), validation: flat(set(17)) } };
}

interface Case {
  readonly name: string;
  readonly cached: readonly string[];
  readonly change: Partial<RunOptions>;
}

const adam = { class_name: 'Adam', config: { learning_rate: 0.01 } };

function cases(): Case[] {
  const golden = (name: string, cached: readonly string[]): Case => {
    const fit = goldenFit(name);
    const plan = { compile: fit.compile, phases: [{ freeze: 'all but head', optimizer: adam, epochs: 2, batchSize: 8 } as const] };
    return { name, cached, change: { model: fitModel(fit), plan } };
  };
  const book = (samples: number): Case => {
    const plan = {
      compile: { loss: 'binary_crossentropy', metrics: ['accuracy'] },
      phases: [{ freeze: 'all but head', optimizer: adam, epochs: 2, batchSize: 32 } as const],
    };
    return { name: `the textbook on ${samples} samples`, cached: ['first', 'second', 'third'], change: { ...textbook(samples), plan } };
  };
  // The last batches have 4, 3, 8 and 1 samples, and one set is smaller than a batch.
  return [golden('sgd', ['hidden']), golden('cnn_sgd', ['conv', 'norm', 'pool', 'flat']), book(200), book(65), book(20)];
}

async function train(change: Partial<RunOptions>, engine: Engine, cachePrefix: boolean): Promise<{ bytes: string[]; events: RunEventBody[] }> {
  const events: RunEventBody[] = [];
  const { name } = goldenFit('sgd');
  const { data, model, ...rest } = change;
  const base = fitOptions(goldenFit(model?.root.name === 'cnn' ? 'cnn_sgd' : name), engine, events);
  const { last, end } = await runPlan({ ...base, ...rest, ...(model ? { model } : {}), ...(data ? { data } : {}), cachePrefix });
  assert.equal(end.type, 'result', JSON.stringify(end));
  return { bytes: bytesOf(last), events };
}

describe('the frozen prefix, computed once, gives the same bytes', () => {
  for (const name of engines) {
    describe(name, () => {
      let engine: Engine;
      before(async () => {
        engine = await openEngine(name, { write: () => {} });
        assert.equal(engine.name, name);
      });
      after(() => engine.dispose());

      cases().forEach(({ name: title, cached, change }) => {
        it(title, async () => {
          const with_ = await train(change, engine, true);
          const without = await train(change, engine, false);
          const phase = with_.events.find((event) => event.type === 'phase');
          assert.deepEqual(phase?.cachedPrefix, cached);
          assert.deepEqual(with_.bytes, without.bytes);
          const epochs = ({ events }: typeof with_): unknown[] => events.flatMap((event) => (event.type === 'epoch' ? [{ ...event, seconds: 0 }] : []));
          assert.deepEqual(epochs(with_), epochs(without));
        });
      });
    });
  }
});

describe('the frozen prefix on the reference engine', () => {
  it('is refused with the reason: float64 would be rounded', async () => {
    const engine = await openEngine('reference', { write: () => {} });
    const [{ change }] = cases();
    const { events } = await train(change, engine, true);
    const phase = events.find((event) => event.type === 'phase');
    assert.deepEqual(phase?.cachedPrefix, []);
    assert.match(phase.cacheEnds ?? '', /float64/);
  });
});

describe('the frozen prefix ends', () => {
  const frozenBut = (model: Model, open: readonly string[]): Model =>
    applyFreeze(model, [...walkLayers(model)].map(({ path }) => path).filter((path) => !open.includes(path)));

  it('at the first trainable layer', () => {
    const prefix = findPrefix(frozenBut(fitModel(goldenFit('cnn_sgd')), ['norm']));
    assert.deepEqual(prefix, { keys: ['conv:0:0'], needless: ['image'], layers: ['conv'], ends: null });
  });

  it('at a dropout, and says so', () => {
    const model = chain(4, [dense('first', [4, 3], 'relu'), dropout(0.5), dense('second', [3, 3], 'relu'), dense('head', [3, 1], 'linear')]);
    const { layers, ends } = findPrefix(frozenBut(model, ['head']));
    assert.deepEqual(layers, ['first']);
    assert.match(ends ?? '', /^drop: /);
  });

  it('not at a dropout that drops nothing', () => {
    const model = chain(4, [dense('first', [4, 3], 'relu'), dropout(0), dense('head', [3, 1], 'linear')]);
    assert.deepEqual(findPrefix(frozenBut(model, ['head'])).layers, ['first', 'drop']);
  });

  it('at a layer that adds to the loss', () => {
    const model = fitModel(goldenFit('regularized'));
    const { layers, ends } = findPrefix(frozenBut(model, ['classes']));
    assert.deepEqual(layers, []);
    assert.match(ends ?? '', /^hidden: it adds to the loss/);
  });

  it('before an output of the model, which a loss may look through', () => {
    const model = fitModel(goldenFit('several'));
    const { layers, keys, needless } = findPrefix(frozenBut(model, ['size']));
    assert.deepEqual(layers, ['join', 'body']);
    assert.deepEqual([keys, needless], [['body:0:0'], ['a', 'b']]);
  });

  it('is empty where nothing frozen has weights', () => {
    assert.deepEqual(findPrefix(fitModel(goldenFit('sgd'))).layers, []);
  });
});
