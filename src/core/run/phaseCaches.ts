import type { DataSet } from '../data/dataSet';
import { SurgeryError } from '../errors';
import { noPrefix, type Prefix } from '../training/prefix';
import { choosePrefix, noCache, openPrefix, type PrefixCache } from './cachePrefix';
import type { Trained } from './trainPhase';

export type { PrefixCache } from './cachePrefix';

/** What a phase need not compute in every step. */
export interface PhaseCaches {
  readonly prefix: Prefix;
  readonly train: PrefixCache;
  readonly validation: PrefixCache;
}

/**
 * Chooses the frozen prefix of a phase, has its outputs computed or found, and works with them. Where there is no room for them
 * after all, the phase says so (`uncached`) and does without.
 */
export async function withCaches<T>(trained: Trained, work: (caches: PhaseCaches) => Promise<T>): Promise<T> {
  const { model, phase: { train, validation }, context: { cache, engine, features: store, begin } } = trained;
  const prefix = cache ? await choosePrefix(model, validation ? [train, validation] : [train], { engine: engine.name, store }) : noPrefix;
  begin(prefix);
  const opened: PrefixCache[] = [];
  try {
    return await work(await openCaches(trained, prefix, opened));
  } finally {
    for (const one of opened) await one.release();
  }
}

async function openCaches(trained: Trained, prefix: Prefix, opened: PrefixCache[]): Promise<PhaseCaches> {
  const { phase, context } = trained;
  const { train, validation, plan } = phase;
  const open = async (name: 'train' | 'validation', set: DataSet, shuffled: boolean): Promise<PrefixCache> => {
    const started = context.clock.now();
    const cache = await openPrefix({ model: trained.model, set, prefix }, {
      engine: context.engine, store: context.features, sha256: context.sha256, pacer: trained.pacer, batchSize: plan.batchSize, shuffled,
    });
    opened.push(cache);
    // What fits into memory is said by the phase's own event; a resumed phase has said it.
    if (cache.loan?.kept === 'disk' && !context.resume) {
      context.emit({ type: 'features', phase: phase.number, set: name, bytes: cache.size, kept: 'disk', reused: cache.loan.reused, seconds: (context.clock.now() - started) / 1000 });
    }
    return cache;
  };
  try {
    return { prefix, train: await open('train', train, plan.shuffle ?? true), validation: validation ? await open('validation', validation, false) : noCache };
  } catch (thrown) {
    if (!(thrown instanceof SurgeryError) || thrown.code !== 'write-failed') throw thrown;
    for (const one of opened.splice(0)) await one.release();
    if (!context.resume) context.emit({ type: 'uncached', phase: phase.number, reason: thrown.message, error: thrown.toRecord() });
    return { prefix: noPrefix, train: noCache, validation: noCache };
  }
}
