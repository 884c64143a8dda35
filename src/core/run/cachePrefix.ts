import type { DataSet } from '../data/dataSet';
import type { Model } from '../model/model';
import type { Engine, EngineName, Tensors } from '../ports';
import { sizeOf } from '../model/tensor';
import { findPrefix, noPrefix, type Prefix } from '../training/prefix';
import { buildPredictProgram } from '../training/step';
import { programNames } from '../training/scene';
import { type CachedTensors, feedSet, fileOrder, gatherBatch, splitBatches } from './batches';
import { computeTensors, withCompiled } from './evaluate';
import type { Pacer } from './loop';

/** Above this the cached tensors of all sets are not worth their memory. bytes */
const MOST_BYTES = 2 ** 30;

/**
 * The prefix of a model that a phase may compute once, given the sizes of its sets; empty, with the reason, where the tensors
 * would be too large to keep or are not float32. The reference engine carries float64 from layer to layer: rounding what is
 * kept to float32 would give other bytes than the uncached run, so it caches nothing.
 */
export function choosePrefix(model: Model, sets: readonly DataSet[], engine: EngineName): Prefix {
  const prefix = findPrefix(model);
  const [first] = sets;
  if (prefix.keys.length === 0) return prefix;
  if (engine === 'reference') return { ...noPrefix, ends: 'the reference engine computes in float64, a cache holds float32' };
  const program = buildPredictProgram(model, feedSet(model, { set: first, inputsOnly: true }).shapes, prefix.keys);
  const types = program.outputs.map(({ value }) => program.values[value]);
  const perSample = types.reduce((sum, { shape }) => sum + 4 * sizeOf(shape.slice(1)), 0);
  const bytes = perSample * sets.reduce((sum, { samples }) => sum + samples, 0);
  if (bytes > MOST_BYTES) return { ...noPrefix, ends: `its outputs would take ${Math.round(bytes / 2 ** 20)} MB of memory` };
  const float = types.every(({ dtype, shape }) => dtype === 'float32' && shape[0] === -1);
  return float ? prefix : { ...noPrefix, ends: 'its outputs are not float32, one for each sample' };
}

/** The prefix's tensors of a set. */
export interface PrefixCache {
  readonly tensors: CachedTensors;
  /** As fed tensors, for one batch: the engine may round a row differently in a batch of this size. */
  again(indices: Int32Array): Promise<Tensors>;
}

const noCache: PrefixCache = { tensors: {}, again: () => Promise.resolve({}) };

export interface CacheOptions {
  readonly engine: Engine;
  readonly pacer: Pacer;
  readonly batchSize: number;
  /** Batches will be drawn in any order, so that any sample may stand in a full batch. */
  readonly shuffled: boolean;
}

/**
 * Computes the prefix for every sample of a set and works with it. Engines may round a row differently in a batch of another
 * size (a batch of one is a matrix times a vector), so batches have the sizes that training has: in file order those very
 * batches; shuffled, full ones, the last filled up with samples that are thrown away, and the short batch at the end of an epoch
 * is computed `again`.
 */
export async function withPrefix<T>(source: PrefixSource, options: CacheOptions, work: (cache: PrefixCache) => Promise<T>): Promise<T> {
  const { model, set, prefix } = source;
  if (prefix.keys.length === 0) return work(noCache);
  const fed = feedSet(model, { set, inputsOnly: true });
  const program = buildPredictProgram(model, fed.shapes, prefix.keys);
  return withCompiled(options.engine, program, async (compiled) => {
    const computing = { compiled, program, fed };
    const tensors = await computeTensors(computing, prefixBatches(set.samples, options), options.pacer);
    return work({
      tensors: Object.fromEntries(Object.entries(tensors).map(([key, { shape, data }]) => [key, { shape, data, scale: 1 }])),
      again: async (indices) => {
        const [outputs] = await compiled.run([gatherBatch(fed, indices)]);
        return Object.fromEntries(Object.entries(outputs).map(([key, tensor]) => [programNames.cached(key), tensor]));
      },
    });
  });
}

export interface PrefixSource {
  readonly model: Model;
  readonly set: DataSet;
  readonly prefix: Prefix;
}

function prefixBatches(samples: number, { batchSize, shuffled }: CacheOptions): Int32Array[] {
  if (!shuffled || samples <= batchSize) return splitBatches(fileOrder(samples), batchSize);
  const filled = fileOrder(Math.ceil(samples / batchSize) * batchSize);
  return splitBatches(filled.map((index) => Math.min(index, samples - 1)), batchSize);
}
