import type { DataSet } from '../data/dataSet';
import type { Model } from '../model/model';
import { sizeOf } from '../model/tensor';
import { findPrefix, noPrefix, type Prefix } from '../training/prefix';
import { buildPredictProgram } from '../training/step';
import { type CachedTensors, feedSet, fileOrder, splitBatches } from './batches';
import { computeTensors, type EvaluateOptions } from './evaluate';

/** Above this the cached tensors of all sets are not worth their memory. bytes */
const MOST_BYTES = 2 ** 30;

/**
 * The prefix of a model that a phase may compute once, given the sizes of its sets; empty, with the reason, where the tensors
 * would be too large to keep or are not float32.
 */
export function choosePrefix(model: Model, sets: readonly DataSet[]): Prefix {
  const prefix = findPrefix(model);
  const [first] = sets;
  if (prefix.keys.length === 0) return prefix;
  const program = buildPredictProgram(model, feedSet(model, { set: first, inputsOnly: true }).shapes, prefix.keys);
  const types = program.outputs.map(({ value }) => program.values[value]);
  const perSample = types.reduce((sum, { shape }) => sum + 4 * sizeOf(shape.slice(1)), 0);
  const bytes = perSample * sets.reduce((sum, { samples }) => sum + samples, 0);
  if (bytes > MOST_BYTES) return { ...noPrefix, ends: `its outputs would take ${Math.round(bytes / 2 ** 20)} MB of memory` };
  const float = types.every(({ dtype, shape }) => dtype === 'float32' && shape[0] === -1);
  return float ? prefix : { ...noPrefix, ends: 'its outputs are not float32, one for each sample' };
}

/**
 * The prefix's tensors for every sample of a set. Engines may round a row differently in a batch of another size, so all
 * batches here have the size that training has: the last one is filled up with samples that are thrown away.
 */
export async function computePrefix(model: Model, set: DataSet, { keys }: Prefix, options: EvaluateOptions & { readonly batchSize: number }): Promise<CachedTensors> {
  if (keys.length === 0) return {};
  const fed = feedSet(model, { set, inputsOnly: true });
  const program = buildPredictProgram(model, fed.shapes, keys);
  const { batchSize } = options;
  const filled = set.samples <= batchSize ? set.samples : Math.ceil(set.samples / batchSize) * batchSize;
  const order = fileOrder(filled).map((index) => Math.min(index, set.samples - 1));
  const tensors = await computeTensors(program, fed, { ...options, batches: splitBatches(order, batchSize) });
  return Object.fromEntries(Object.entries(tensors).map(([key, { shape, data }]) => [key, { shape, data, scale: 1 }]));
}
