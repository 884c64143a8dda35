import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { DataSet } from '../src/core/data/dataSet';
import type { Model } from '../src/core/model/model';
import type { Engine } from '../src/core/ports';
import type { FeatureStore } from '../src/core/run/features';
import { runPlan } from '../src/core/run/runPlan';
import { openEngine } from '../src/engine/openEngine';
import { KeptFeatures } from '../src/node/features/keptFeatures';
import { sha256 } from '../src/node/fileBytes';
import { chain, dense } from '../test/unit/core/run/frozenRuns';
import { median } from './report';

/**
 * `npm run bench:features [-- ENGINE [SAMPLES]]`: five epochs of a head on frozen Dense 784-1024-1024, batch 32: the frozen part in every step; computed once and
 * kept in memory; on the disk; found there. Ratios are taken within each of three rounds.
 */
const [name = 'onnxruntime', samples = '4000'] = process.argv.slice(2);
const ROUNDS = 3;
const memory = 2 ** 30;

const model: Model = chain(784, [dense('first', [784, 1024], 'relu'), dense('second', [1024, 1024], 'relu'), dense('head', [1024, 1], 'sigmoid')]);
const count = Number(samples);
const train: DataSet = {
  samples: count,
  inputs: { source: { shape: [count, 784], data: Uint8Array.from({ length: count * 784 }, (_, i) => (i * 2_654_435_761) % 251), scale: 1 / 255 } },
  targets: { head: { shape: [count], data: Uint8Array.from({ length: count }, (_, i) => i % 2), scale: 1 } },
};

/** seconds; the loss of the last epoch goes with it */
async function run(engine: Engine, given: { readonly cachePrefix: boolean; readonly features?: FeatureStore }): Promise<{ readonly seconds: number; readonly loss: number }> {
  const started = performance.now();
  let loss = NaN;
  await runPlan({
    ...given, model, data: { train }, engine, sha256, seed: { initialization: 0, order: 0, sample: 0 }, clock: { now: () => performance.now() },
    plan: { compile: { loss: 'binary_crossentropy', metrics: [] }, phases: [{ freeze: 'all but head', optimizer: 'SGD', epochs: 5, batchSize: 32 }] },
    source: { plan: null, model: { path: '', sha256: '' } },
    emit: (event) => { if (event.type === 'epoch') ({ loss } = event); },
  });
  return { seconds: (performance.now() - started) / 1000, loss };
}

const engine = await openEngine(name, { write: () => undefined });
const folder = await mkdtemp(join(tmpdir(), 'model-surgery-features-'));
const ways = ['in every step', 'in memory', 'on the disk', 'found on the disk'] as const;
const times = new Map(ways.map((way) => [way, [] as number[]]));
try {
  for (let round = 0; round < ROUNDS; round++) {
    const spilling = (): KeptFeatures => new KeptFeatures(folder, { memory: 0, disk: 2 ** 34 });
    const results = [
      await run(engine, { cachePrefix: false }),
      await run(engine, { cachePrefix: true, features: new KeptFeatures(folder, { memory, disk: 0 }) }),
      await run(engine, { cachePrefix: true, features: spilling() }),
      await run(engine, { cachePrefix: true, features: spilling() }),
    ];
    if (new Set(results.map(({ loss }) => loss)).size !== 1) throw new Error(`all must end with one loss: ${results.map(({ loss }) => loss).join(', ')}`);
    ways.forEach((way, index) => times.get(way)?.push(results[index].seconds));
    await spilling().clear();
  }
} finally {
  await engine.dispose();
  await rm(folder, { recursive: true, force: true });
}
const uncached = times.get(ways[0]) ?? [];
for (const way of ways) {
  const own = times.get(way) ?? [];
  process.stdout.write(`${name}, frozen part ${way}: ${median(own).toFixed(2)} s, ${median(own.map((seconds, round) => uncached[round] / seconds)).toFixed(1)}x as fast as in every step\n`);
}
