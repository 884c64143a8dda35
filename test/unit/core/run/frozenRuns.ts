import assert from 'node:assert/strict';
import type { DataSet } from '../../../../src/core/data/dataSet';
import { type Layer, type Model, walkLayers, weightPaths } from '../../../../src/core/model/model';
import type { Engine } from '../../../../src/core/ports';
import type { RunEventBody } from '../../../../src/core/run/events';
import { type RunOptions, runPlan } from '../../../../src/core/run/runPlan';
import { RandomStream } from '../../../../src/core/training/random';
import { encodeNumbers } from '../../../../src/core/weights/decode';
import { fitModel, fitOptions, goldenFit, sha256 } from './goldenFits';

function bytesOf(model: Model): string[] {
  return [...walkLayers(model)].flatMap(({ path, layer }) => weightPaths(path, layer).map((name, i) => `${name} ${sha256(layer.weights[i].bytes)}`));
}

const stream = new RandomStream(11, 'test');

export function dense(name: string, [inputs, units]: readonly [number, number], activation: string): Layer {
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
export function chain(width: number, layers: readonly Layer[]): Model {
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

export function dropout(rate: number): Layer {
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

/** A run with a frozen prefix. */
export interface FrozenCase {
  readonly name: string;
  readonly cached: readonly string[];
  readonly change: Partial<RunOptions>;
}

const adam = { class_name: 'Adam', config: { learning_rate: 0.01 } };

export function frozenCases(): FrozenCase[] {
  const golden = (name: string, cached: readonly string[]): FrozenCase => {
    const fit = goldenFit(name);
    const plan = { compile: fit.compile, phases: [{ freeze: 'all but head', optimizer: adam, epochs: 2, batchSize: 8 } as const] };
    return { name, cached, change: { model: fitModel(fit), plan } };
  };
  const book = (samples: number): FrozenCase => {
    const plan = {
      compile: { loss: 'binary_crossentropy', metrics: ['accuracy'] },
      phases: [{ freeze: 'all but head', optimizer: adam, epochs: 2, batchSize: 32 } as const],
    };
    return { name: `the textbook on ${samples} samples`, cached: ['first', 'second', 'third'], change: { ...textbook(samples), plan } };
  };
  // The last batches have 4, 3, 8 and 1 samples, and one set is smaller than a batch.
  return [golden('sgd', ['hidden']), golden('cnn_sgd', ['conv', 'norm', 'pool', 'flat']), book(200), book(65), book(20)];
}

export interface FrozenRun {
  /** Hashes of the last weights. */
  readonly bytes: readonly string[];
  readonly events: readonly RunEventBody[];
}

/** Trains a case; whatever `options` says stands above it. */
export async function trainFrozen(change: FrozenCase['change'], engine: Engine, options: Partial<RunOptions>): Promise<FrozenRun> {
  const events: RunEventBody[] = [];
  const { data, model, ...rest } = change;
  const base = fitOptions(goldenFit(model?.root.name === 'cnn' ? 'cnn_sgd' : 'sgd'), engine, events);
  const { last, end } = await runPlan({ ...base, ...rest, ...(model ? { model } : {}), ...(data ? { data } : {}), ...options });
  assert.equal(end.type, 'result', JSON.stringify(end));
  return { bytes: bytesOf(last), events };
}

/** What was measured, without the time that it took. */
export function epochsOf({ events }: FrozenRun): unknown[] {
  return events.flatMap((event) => (event.type === 'epoch' ? [{ ...event, seconds: 0 }] : []));
}
