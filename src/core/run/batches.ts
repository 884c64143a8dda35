import { SurgeryError } from '../errors';
import type { DataSet, SampleArray } from '../data/dataSet';
import type { Model } from '../model/model';
import { sizeOf, type Tensor } from '../model/tensor';
import type { Tensors } from '../ports';
import type { HostColumn } from '../layers/hostColumn';
import { type DataShapes, fitInput, inputDType, programNames } from '../training/scene';
import { type HostPart, hostPart, inputColumn } from '../training/hostColumns';
import { type Features, isRowSource, type RowSource } from './features';

/** One input of a program and where its samples lie. */
interface Feed {
  readonly name: string;
  readonly dtype: 'float32' | 'int32';
  /** Of one sample, as the program takes it. */
  readonly shape: readonly number[];
  /** Arrays, rows that lie on a disk, or what the host computes for each sample. */
  readonly source: SampleArray | RowSource | HostColumn;
}

/** A data set made ready for a model: checked, and bound to the inputs of its programs. */
export interface FedSet {
  readonly samples: number;
  readonly shapes: DataShapes;
  readonly feeds: readonly Feed[];
}

export interface FeedOptions {
  readonly set: DataSet;
  /** Tensors inside the model that were computed before for every sample. */
  readonly cached?: Features;
  /** Input names to leave out: what the cached tensors make needless. */
  readonly needless?: ReadonlySet<string>;
  /** Targets are left out too: for prediction. */
  readonly inputsOnly?: boolean;
}

/** Throws `data-mismatch` where the set has not what the model's inputs take, or its arrays differ in their samples. */
export function feedSet(model: Model, options: FeedOptions): FedSet {
  const { set, cached = {}, inputsOnly = false } = options;
  const host = hostOf(model, options);
  const inputs = inputFeeds(model, options, host);
  const outputs = inputsOnly ? [] : model.root.network.outputs.map(({ name }) => name);
  const targets = named(set.targets, outputs);
  const weights = named(set.sampleWeights ?? {}, outputs).map(([name, data]): [string, SampleArray] => [name, { shape: [data.length], data, scale: 1 }]);
  const kept = Object.entries(cached);
  const computed = Object.entries(host.columns);
  const bind = (entries: readonly (readonly [string, SampleArray | RowSource])[], toName: (name: string) => string): Feed[] =>
    entries.map(([name, source]) => ({ name: toName(name), dtype: 'float32', shape: source.shape.slice(1), source }));
  const feeds = [
    ...inputs.map(({ feed }) => feed),
    ...computed.map(([key, column]): Feed => ({ name: programNames.host(key), dtype: column.dtype, shape: column.shape, source: column })),
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
      host: Object.fromEntries(computed.map(([key, { shape, dtype }]) => [key, { shape, dtype }])),
    },
  };
}

/** What the host computes of the model, with the data that it reads checked. */
function hostOf(model: Model, { set, needless, cached = {} }: FeedOptions): HostPart {
  const columns = new Map(model.root.network.inputs.filter(({ name }) => !needless?.has(name)).map((input) => {
    const source = sourceOf(set, input.name);
    if (source.shape[0] !== set.samples || source.data.length !== sizeOf(source.shape)) throw wrongSamples(input.name, source, set.samples);
    return [input.name, inputColumn(input, source)] as const;
  }));
  return hostPart(model, columns, new Set(Object.keys(cached)));
}

function sourceOf({ inputs }: DataSet, name: string): SampleArray {
  if (Object.hasOwn(inputs, name)) return inputs[name];
  throw new SurgeryError('data-mismatch', `The data has nothing for the input ${name}.`, {
    expected: `data for ${name}`, received: Object.keys(inputs).join(', ') || 'nothing', where: name,
  });
}

function inputFeeds(model: Model, { set, needless }: FeedOptions, host: HostPart): { readonly name: string; readonly feed: Feed }[] {
  return model.root.network.inputs.filter(({ name }) => !needless?.has(name) && !host.inputs.has(name)).map((input) => {
    const { name } = input;
    const source = sourceOf(set, name);
    const shape = fitInput(input, source.shape.slice(1));
    return { name, feed: { name: programNames.input(name), dtype: inputDType(input), shape, source } };
  });
}

function named<T>(record: Readonly<Record<string, T>>, names: readonly string[]): [string, T][] {
  return names.flatMap((name): [string, T][] => (Object.hasOwn(record, name) ? [[name, record[name]]] : []));
}

function sampleShapes(entries: readonly (readonly [string, SampleArray | RowSource])[]): Record<string, readonly number[]> {
  return Object.fromEntries(entries.map(([name, { shape }]) => [name, shape.slice(1)]));
}

function requireSamples({ name, source }: Feed, samples: number): void {
  if ('read' in source || (source.shape[0] === samples && (isRowSource(source) || source.data.length === sizeOf(source.shape)))) return;
  throw wrongSamples(name, source, samples);
}

function wrongSamples(name: string, { shape }: SampleArray | RowSource, samples: number): SurgeryError {
  return new SurgeryError('data-mismatch', 'The arrays of a data set differ in their number of samples.', {
    expected: `${samples} samples`, received: `${shape[0] ?? 0} in [${shape.join(', ')}]`, where: name,
  });
}

type BatchData = Float32Array | Int32Array;

/**
 * The samples with these indices as fed tensors, in their order. Rows that follow one another are a view of the set where it
 * holds them as they are fed; others are copied, into `room` where there is one.
 */
export function gatherBatch({ feeds }: FedSet, indices: Int32Array, room?: BatchRoom): Tensors {
  return Object.fromEntries(feeds.map((feed) => [feed.name, gather(feed, indices, room)]));
}

function gather({ name, dtype, shape, source }: Feed, indices: Int32Array, room: BatchRoom | undefined): Tensor {
  const size = sizeOf(shape);
  const batch = { dtype, shape: [indices.length, ...shape] };
  const space = (): BatchData => room?.take(name, dtype, indices.length * size) ?? newData(dtype, indices.length * size);
  if ('read' in source) {
    const computed = space();
    indices.forEach((sample, row) => computed.set(source.read(sample), row * size));
    return { ...batch, data: computed };
  }
  if (isRowSource(source)) return { ...batch, data: readRows(source, { indices, size, gathered: space() as Float32Array }) };
  const data = asFed(source, dtype);
  if (data && indices.every((sample, row) => sample === indices[0] + row)) {
    return { ...batch, data: data.subarray(indices[0] * size, (indices[0] + indices.length) * size) };
  }
  const gathered = space();
  if (data) indices.forEach((sample, row) => gathered.set(data.subarray(sample * size, (sample + 1) * size), row * size));
  else copyScaled(source, { indices, size, gathered });
  return { ...batch, data: gathered };
}

/** Rows that follow one another are read at once. */
function readRows(source: RowSource, { indices, size, gathered }: { indices: Int32Array; size: number; gathered: Float32Array }): Float32Array {
  for (let row = 0; row < indices.length;) {
    let count = 1;
    while (row + count < indices.length && indices[row + count] === indices[row] + count) count += 1;
    source.readRows(indices[row], count, gathered.subarray(row * size, (row + count) * size));
    row += count;
  }
  return gathered;
}

function copyScaled({ data, scale }: SampleArray, { indices, size, gathered }: { indices: Int32Array; size: number; gathered: BatchData }): void {
  indices.forEach((sample, row) => {
    const from = sample * size;
    for (let i = 0; i < size; i++) gathered[row * size + i] = data[from + i] * scale;
  });
}

function newData(dtype: Feed['dtype'], size: number): BatchData {
  return dtype === 'float32' ? new Float32Array(size) : new Int32Array(size);
}

/** Up to this size an array is kept as it is fed, so that its numbers are turned and scaled once and not in each epoch. bytes */
const MOST_KEPT = 2 ** 28;
const kept = new WeakMap<SampleArray, BatchData>();

/** The array in the type in which it is fed, scaled; undefined where it is too large to be kept twice. */
function asFed(source: SampleArray, dtype: Feed['dtype']): BatchData | undefined {
  const { data, scale } = source;
  const fits = dtype === 'float32' ? data instanceof Float32Array : data instanceof Int32Array;
  if (fits && scale === 1) return data as BatchData;
  const known = kept.get(source);
  if (known && known instanceof (dtype === 'float32' ? Float32Array : Int32Array)) return known;
  if (4 * data.length > MOST_KEPT) return undefined;
  const made = newData(dtype, data.length);
  for (let i = 0; i < made.length; i++) made[i] = data[i] * scale;
  kept.set(source, made);
  return made;
}

/**
 * Memory for the batches of a few steps, used again once these have run: fresh memory for each would cost more than the copy
 * into it. Batches of one input lie one behind the other, as an engine that runs several steps at a time wants them.
 */
export class BatchRoom {
  private readonly rooms = new Map<string, { data: BatchData; used: number }>();

  /** What was taken before is free again. */
  empty(): void {
    for (const room of this.rooms.values()) room.used = 0;
  }

  take(name: string, dtype: Feed['dtype'], size: number): BatchData {
    let room = this.rooms.get(name);
    if (!room || room.used + size > room.data.length) {
      // What is full stays with the batches that lie in it.
      room = { data: newData(dtype, Math.max(size, 2 * (room?.data.length ?? 0))), used: 0 };
      this.rooms.set(name, room);
    }
    room.used += size;
    return room.data.subarray(room.used - size, room.used);
  }
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
