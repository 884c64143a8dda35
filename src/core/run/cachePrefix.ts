import type { DataSet } from '../data/dataSet';
import type { Model } from '../model/model';
import { sizeOf } from '../model/tensor';
import type { Program } from '../ops/program';
import type { CompiledProgram, Engine, EngineName, Sha256, Tensors } from '../ports';
import { findPrefix, noPrefix, type Prefix } from '../training/prefix';
import { programNames } from '../training/scene';
import { buildPredictProgram } from '../training/step';
import { type FedSet, feedSet, fileOrder, gatherBatch, splitBatches } from './batches';
import { computeBatches } from './evaluate';
import type { FeatureLoan, Features, FeatureShape, FeatureStore } from './features';
import type { Pacer } from './loop';
import { prefixKey } from './prefixKey';

/**
 * The prefix of a model that a phase may compute once, given its sets; empty, with the reason, where the store cannot keep
 * its outputs or they are not float32. The reference engine carries float64 from layer to layer: rounding what is
 * kept to float32 would give other bytes than the uncached run, so it caches nothing.
 */
export async function choosePrefix(model: Model, sets: readonly DataSet[], where: { readonly engine: EngineName; readonly store: FeatureStore }): Promise<Prefix> {
  const prefix = findPrefix(model);
  const [first] = sets;
  if (prefix.keys.length === 0) return prefix;
  if (where.engine === 'reference') return { ...noPrefix, ends: 'the reference engine computes in float64, a cache holds float32' };
  const program = buildPredictProgram(model, feedSet(model, { set: first, inputsOnly: true }).shapes, prefix.keys);
  const types = program.outputs.map(({ value }) => program.values[value]);
  if (!types.every(({ dtype, shape }) => dtype === 'float32' && shape[0] === -1)) return { ...noPrefix, ends: 'its outputs are not float32, one for each sample' };
  const perSample = types.reduce((sum, { shape }) => sum + 4 * sizeOf(shape.slice(1)), 0);
  const refused = await where.store.refuses(perSample * sets.reduce((sum, { samples }) => sum + samples, 0));
  return refused === undefined ? prefix : { ...noPrefix, ends: refused };
}

/** The prefix's tensors of a set. */
export interface PrefixCache {
  readonly tensors: Features;
  /** Null where nothing is cached. */
  readonly loan: Pick<FeatureLoan, 'kept' | 'reused'> | null;
  /** bytes */
  readonly size: number;
  /** As fed tensors, for one batch: the engine may round a row differently in a batch of this size. */
  again(indices: Int32Array): Promise<Tensors>;
  /** Gives back what it holds. */
  release(): Promise<void>;
}

export const noCache: PrefixCache = { tensors: {}, loan: null, size: 0, again: () => Promise.resolve({}), release: () => Promise.resolve() };

export interface CacheOptions {
  readonly engine: Engine;
  readonly store: FeatureStore;
  readonly sha256: Sha256;
  readonly pacer: Pacer;
  readonly batchSize: number;
  /** Batches will be drawn in any order, so that any sample may stand in a full batch. */
  readonly shuffled: boolean;
}

/**
 * The prefix's tensors for every sample of a set: kept ones, else computed. Engines may round a row differently in a batch of
 * another size (a batch of one is a matrix times a vector), so batches have the sizes that training has: in file order those very
 * batches; shuffled, full ones, the last filled up with samples that are thrown away, and the short batch at the end of an epoch
 * is computed `again`. Throws `stopped`, `write-failed` where there is no room for them, and what the engine throws.
 */
export async function openPrefix({ model, set, prefix }: PrefixSource, options: CacheOptions): Promise<PrefixCache> {
  if (prefix.keys.length === 0) return noCache;
  const { engine, store, sha256, pacer } = options;
  const fed = feedSet(model, { set, inputsOnly: true });
  const program = buildPredictProgram(model, fed.shapes, prefix.keys);
  const batches = batchesOf(set.samples, options);
  const compiled = new CompiledOnce(engine, program);
  try {
    const arrays = featureShapes(program, set.samples);
    const loan = await store.borrow({
      arrays, key: prefixKey({ program, fed, engine, batches }, sha256),
      compute: async (take) => computeBatches({ compiled: await compiled.get(), fed }, { batches: prefixBatches(set.samples, batches), take }, pacer),
    });
    return {
      tensors: loan.features, loan, size: arrays.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0),
      again: (indices) => computeAgain(compiled, fed, indices),
      release: async () => {
        await loan.release();
        await compiled.dispose();
      },
    };
  } catch (thrown) {
    await compiled.dispose();
    throw thrown;
  }
}

export interface PrefixSource {
  readonly model: Model;
  readonly set: DataSet;
  readonly prefix: Prefix;
}

async function computeAgain(compiled: CompiledOnce, fed: FedSet, indices: Int32Array): Promise<Tensors> {
  const [outputs] = await (await compiled.get()).run([gatherBatch(fed, indices)]);
  return Object.fromEntries(Object.entries(outputs).map(([key, tensor]) => [programNames.cached(key), tensor]));
}

/** A prefix is compiled when it is first run: features that are kept need it for a short last batch at most. */
class CompiledOnce {
  private compiled: Promise<CompiledProgram> | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly program: Program,
  ) {}

  get(): Promise<CompiledProgram> {
    this.compiled ??= this.engine.compile(this.program);
    return this.compiled;
  }

  async dispose(): Promise<void> {
    const compiled = await this.compiled?.catch(() => undefined);
    await compiled?.dispose();
  }
}

function featureShapes({ outputs, values }: Program, samples: number): FeatureShape[] {
  return outputs.map(({ name, value }) => ({ name, shape: [samples, ...values[value].shape.slice(1)] }));
}

interface BatchForm {
  readonly size: number;
  readonly filled: boolean;
}

function batchesOf(samples: number, { batchSize, shuffled }: CacheOptions): BatchForm {
  const size = Math.min(batchSize, samples);
  return { size, filled: shuffled && samples % size !== 0 };
}

function prefixBatches(samples: number, { size, filled }: BatchForm): Int32Array[] {
  const order = fileOrder(filled ? Math.ceil(samples / size) * size : samples);
  return splitBatches(order.map((index) => Math.min(index, samples - 1)), size);
}
