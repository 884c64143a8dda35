import { SurgeryError } from '../errors';
import type { DataSet, SampleArray } from '../data/dataSet';
import type { Model } from '../model/model';
import { sizeOf, type Tensor } from '../model/tensor';
import type { Tensors } from '../ports';
import { type DataShapes, fitInput, inputDType, programNames } from '../training/scene';

/** One input of a program and where its samples lie. */
interface Feed {
  readonly name: string;
  readonly dtype: 'float32' | 'int32';
  /** Of one sample, as the program takes it. */
  readonly shape: readonly number[];
  readonly source: SampleArray;
}

/** A data set made ready for a model: checked, and bound to the inputs of its programs. */
export interface FedSet {
  readonly samples: number;
  readonly shapes: DataShapes;
  readonly feeds: readonly Feed[];
}

/** Tensors inside the model that were computed before for every sample, by key. */
export type CachedTensors = Readonly<Record<string, SampleArray>>;

export interface FeedOptions {
  readonly set: DataSet;
  readonly cached?: CachedTensors;
  /** Input names to leave out: what the cached tensors make needless. */
  readonly needless?: ReadonlySet<string>;
  /** Targets are left out too: for prediction. */
  readonly inputsOnly?: boolean;
}

/** Throws `data-mismatch` where the set has not what the model's inputs take, or its arrays differ in their samples. */
export function feedSet(model: Model, options: FeedOptions): FedSet {
  const { set, cached = {}, inputsOnly = false } = options;
  const inputs = inputFeeds(model, options);
  const outputs = inputsOnly ? [] : model.root.network.outputs.map(({ name }) => name);
  const targets = named(set.targets, outputs);
  const weights = named(set.sampleWeights ?? {}, outputs).map(([name, data]): [string, SampleArray] => [name, { shape: [data.length], data, scale: 1 }]);
  const kept = Object.entries(cached);
  const bind = (entries: readonly (readonly [string, SampleArray])[], toName: (name: string) => string): Feed[] =>
    entries.map(([name, source]) => ({ name: toName(name), dtype: 'float32', shape: source.shape.slice(1), source }));
  const feeds = [
    ...inputs.map(({ feed }) => feed),
    ...bind(kept, programNames.cached),
    ...bind(targets, programNames.target),
    ...bind(weights, programNames.sampleWeights),
  ];
  feeds.forEach((feed) => requireSamples(feed, set.samples));
  return {
    samples: set.samples,
    feeds,
    shapes: {
      inputs: Object.fromEntries(inputs.map(({ name, feed }) => [name, feed.shape])),
      targets: sampleShapes(targets),
      weighed: weights.map(([name]) => name),
      cached: sampleShapes(kept),
    },
  };
}

function inputFeeds(model: Model, { set, needless }: FeedOptions): { readonly name: string; readonly feed: Feed }[] {
  return model.root.network.inputs.filter(({ name }) => !needless?.has(name)).map((input) => {
    const { name } = input;
    const source = Object.hasOwn(set.inputs, name) ? set.inputs[name] : undefined;
    if (!source) {
      throw new SurgeryError('data-mismatch', `The data has nothing for the input ${name}.`, {
        expected: `data for ${name}`, received: Object.keys(set.inputs).join(', ') || 'nothing', where: name,
      });
    }
    const shape = fitInput(input, source.shape.slice(1));
    return { name, feed: { name: programNames.input(name), dtype: inputDType(input), shape, source } };
  });
}

function named<T>(record: Readonly<Record<string, T>>, names: readonly string[]): [string, T][] {
  return names.flatMap((name): [string, T][] => (Object.hasOwn(record, name) ? [[name, record[name]]] : []));
}

function sampleShapes(entries: readonly (readonly [string, SampleArray])[]): Record<string, readonly number[]> {
  return Object.fromEntries(entries.map(([name, { shape }]) => [name, shape.slice(1)]));
}

function requireSamples({ name, source }: Feed, samples: number): void {
  if (source.shape[0] === samples && source.data.length === sizeOf(source.shape)) return;
  throw new SurgeryError('data-mismatch', 'The arrays of a data set differ in their number of samples.', {
    expected: `${samples} samples`, received: `${source.shape[0] ?? 0} in [${source.shape.join(', ')}]`, where: name,
  });
}

/** The samples with these indices as fed tensors, in their order. */
export function gatherBatch({ feeds }: FedSet, indices: Int32Array): Tensors {
  return Object.fromEntries(feeds.map((feed) => [feed.name, gather(feed, indices)]));
}

function gather({ dtype, shape, source }: Feed, indices: Int32Array): Tensor {
  const { data, scale } = source;
  const size = sizeOf(shape);
  const gathered = dtype === 'float32' ? new Float32Array(indices.length * size) : new Int32Array(indices.length * size);
  const whole = scale === 1;
  indices.forEach((sample, row) => {
    const from = sample * size;
    if (whole) gathered.set(data.subarray(from, from + size), row * size);
    else for (let i = 0; i < size; i++) gathered[row * size + i] = data[from + i] * scale;
  });
  return { dtype, shape: [indices.length, ...shape], data: gathered };
}

/** The indices of each batch of an epoch; the last one may be short. */
export function splitBatches(order: Int32Array, batchSize: number): Int32Array[] {
  const count = Math.ceil(order.length / batchSize);
  return Array.from({ length: count }, (_, batch) => order.subarray(batch * batchSize, (batch + 1) * batchSize));
}

/** 0 to n - 1. */
export function fileOrder(samples: number): Int32Array {
  return Int32Array.from({ length: samples }, (_, index) => index);
}
