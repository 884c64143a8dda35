import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSet } from '../../../../src/core/data/dataSet';
import { SurgeryError } from '../../../../src/core/errors';
import type { Engine } from '../../../../src/core/ports';
import type { FeatureLoan, FeatureStore, WantedFeatures } from '../../../../src/core/run/features';
import { openEngine } from '../../../../src/engine/openEngine';
import { KeptFeatures } from '../../../../src/node/features/keptFeatures';
import { testedEngines } from '../../../support/testedEngines';
import { epochsOf, frozenCases, type FrozenRun, trainFrozen } from '../../core/run/frozenRuns';

const megabyte = 2 ** 20;

/** A store that remembers what it lent. */
class Watched implements FeatureStore {
  readonly lent: string[] = [];

  constructor(private readonly store: FeatureStore) {}

  refuses(bytes: number): Promise<string | undefined> {
    return this.store.refuses(bytes);
  }

  async borrow(wanted: WantedFeatures): Promise<FeatureLoan> {
    const loan = await this.store.borrow(wanted);
    this.lent.push(`${loan.reused ? 'found' : 'computed'} ${loan.kept}`);
    return loan;
  }
}

/** What a run said of its features on the disk. */
function saidOf({ events }: FrozenRun): string[] {
  return events.flatMap((event) => (event.type === 'features' ? [`${event.set} ${event.reused ? 'found' : 'computed'} ${event.kept}`] : []));
}

describe('features of a frozen prefix, kept', () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'features-')); });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const spilling = (): KeptFeatures => new KeptFeatures(folder, { memory: 0, disk: 64 * megabyte });
  const entries = (): string[] => readdirSync(folder).map((name) => join(folder, name));

  for (const name of testedEngines) {
    describe(`on ${name}`, () => {
      let engine: Engine;
      before(async () => { engine = await openEngine(name, { write: () => undefined }); });
      after(() => engine.dispose());

      frozenCases().forEach(({ name: title, change }) => {
        it(`spilled to the disk give the same bytes, and are found again: ${title}`, async () => {
          const plain = await trainFrozen(change, engine, { cachePrefix: false });
          const first = await trainFrozen(change, engine, { features: spilling() });
          assert.deepEqual(saidOf(first), ['train computed disk', 'validation computed disk']);
          const second = await trainFrozen(change, engine, { features: spilling() });
          assert.deepEqual(saidOf(second), ['train found disk', 'validation found disk']);
          for (const run of [first, second]) assert.deepEqual([run.bytes, epochsOf(run)], [plain.bytes, epochsOf(plain)]);
        });
      });
    });
  }

  describe('by what they are', () => {
    let engine: Engine;
    const [{ change: golden }, , { change }] = frozenCases();
    before(async () => { engine = await openEngine('onnxruntime', { write: () => undefined }); });
    after(() => engine.dispose());

    it('in memory serve further seeds and phases', async () => {
      const features = new Watched(new KeptFeatures(folder, { memory: 64 * megabyte, disk: 0 }));
      assert.ok(change.plan);
      const [phase] = change.plan.phases;
      await trainFrozen({ ...change, plan: { ...change.plan, phases: [phase, phase] } }, engine, { features });
      await trainFrozen(change, engine, { features, seed: { initialization: 5, order: 5, sample: 5 } });
      assert.deepEqual(features.lent, ['computed memory', 'computed memory', 'found memory', 'found memory', 'found memory', 'found memory']);
      assert.deepEqual(entries(), []);
    });

    it('on the disk are read into memory where there is room', async () => {
      const first = await trainFrozen(change, engine, { features: spilling() });
      const features = new Watched(new KeptFeatures(folder, { memory: 64 * megabyte, disk: 64 * megabyte }));
      const second = await trainFrozen(change, engine, { features });
      assert.deepEqual([features.lent, saidOf(second)], [['found memory', 'found memory'], []]);
      assert.deepEqual(second.bytes, first.bytes);
    });

    it('are not those of other weights, data, batches or another engine', async () => {
      const wanted = new Set<string>();
      const store: FeatureStore = {
        refuses: () => Promise.resolve(undefined),
        borrow: ({ key }) => {
          wanted.add(key);
          return Promise.reject(new SurgeryError('write-failed', 'none'));
        },
      };
      const { model, data, plan } = change;
      assert.ok(model && data && plan);
      const [phase] = plan.phases;
      const other = frozenCases()[2].change.model;
      assert.ok(other);
      const turned: DataSet = { ...data.train, inputs: Object.fromEntries(Object.entries(data.train.inputs).map(([key, array]) => [key, { ...array, scale: 1 / 256 }])) };
      const seen: number[] = [];
      for (const one of [
        change, change, { ...change, model: other }, { ...change, data: { ...data, train: turned } },
        { ...change, plan: { ...plan, phases: [{ ...phase, batchSize: 16 }] } }, { ...change, plan: { ...plan, phases: [{ ...phase, shuffle: false }] } },
        { ...change, engine: { name: engine.name, version: 'another', compile: (program) => engine.compile(program), dispose: () => Promise.resolve() } satisfies Engine },
      ]) {
        await trainFrozen(one, engine, { features: store });
        seen.push(wanted.size);
      }
      assert.deepEqual(seen, [1, 1, 2, 3, 4, 5, 6]);
    });

    const damages: readonly (readonly [what: string, (entry: string) => void])[] = [
      ['a flipped bit', (entry) => {
        const bytes = readFileSync(join(entry, '0.f32'));
        bytes[bytes.length >> 1] ^= 1;
        writeFileSync(join(entry, '0.f32'), bytes);
      }],
      ['a file that is cut off', (entry) => truncateSync(join(entry, '0.f32'), statSync(join(entry, '0.f32')).size - 4)],
      ['a file that is too long', (entry) => writeFileSync(join(entry, '0.f32'), Buffer.concat([readFileSync(join(entry, '0.f32')), Buffer.alloc(4)]))],
      ['a file that is gone', (entry) => unlinkSync(join(entry, '0.f32'))],
      ['a manifest that is no JSON', (entry) => writeFileSync(join(entry, 'manifest.json'), '{')],
      ['a manifest that is null', (entry) => writeFileSync(join(entry, 'manifest.json'), 'null')],
      ['no manifest', (entry) => unlinkSync(join(entry, 'manifest.json'))],
    ];
    damages.forEach(([what, damage]) => {
      it(`are computed again after ${what}`, async () => {
        const first = await trainFrozen(golden, engine, { features: spilling() });
        entries().forEach(damage);
        const second = await trainFrozen(golden, engine, { features: spilling() });
        assert.deepEqual(saidOf(second), ['train computed disk', 'validation computed disk']);
        assert.deepEqual(second.bytes, first.bytes);
        assert.deepEqual(saidOf(await trainFrozen(golden, engine, { features: spilling() })), ['train found disk', 'validation found disk']);
      });
    });

    it('give way to newer ones above the limit, those used longest ago first', async () => {
      const [, , book200, book65] = frozenCases();
      await trainFrozen(book200.change, engine, { features: spilling() });
      const sizeOf = (entry: string): number => statSync(join(entry, '0.f32')).size;
      const [validation, train] = entries().sort((a, b) => sizeOf(a) - sizeOf(b));
      utimesSync(train, new Date(1000), new Date(1000));
      utimesSync(validation, new Date(2000), new Date(2000));
      const bytes = (await spilling().content()).bytes;
      await trainFrozen(book65.change, engine, { features: new KeptFeatures(folder, { memory: 0, disk: bytes }) });
      assert.deepEqual([entries().includes(train), entries().includes(validation), entries().length], [false, true, 3]);
      const { bytes: after } = await spilling().content();
      assert.ok(after > 0 && after <= bytes, `${after} of ${bytes}`);
    });

    it('are removed when asked', async () => {
      await trainFrozen(golden, engine, { features: spilling() });
      assert.equal((await spilling().clear()).entries, 2);
      assert.deepEqual(entries(), []);
    });

    it('are not computed where neither memory nor disk may hold them, and the phase says why', async () => {
      const plain = await trainFrozen(change, engine, { cachePrefix: false });
      const run = await trainFrozen(change, engine, { features: new KeptFeatures(folder, { memory: 100, disk: 100 }) });
      const phase = run.events.find((event) => event.type === 'phase');
      assert.deepEqual(phase?.cachedPrefix, []);
      assert.match(phase.cacheEnds ?? '', /of the disk, .* allowed/);
      assert.deepEqual(run.bytes, plain.bytes);
    });

    it('are not computed where nothing can be written', async () => {
      writeFileSync(join(folder, 'file'), '');
      const run = await trainFrozen(golden, engine, { features: new KeptFeatures(join(folder, 'file', 'inside'), { memory: 0, disk: megabyte }) });
      assert.match(run.events.find((event) => event.type === 'phase')?.cacheEnds ?? '', /nothing can be kept/);
    });

    it('that turn out to have no room leave nothing half, and the phase trains without', async () => {
      const plain = await trainFrozen(change, engine, { cachePrefix: false });
      const kept = spilling();
      const first: string[] = [];
      // The disk fills up behind the training set.
      const store: FeatureStore = {
        refuses: () => Promise.resolve(undefined),
        borrow: (wanted) => {
          first.push(wanted.key);
          return first.length === 1 ? kept.borrow(wanted) : Promise.reject(new SurgeryError('write-failed', 'The disk is full.'));
        },
      };
      const run = await trainFrozen(change, engine, { features: store });
      const said = run.events.find((event) => event.type === 'uncached');
      assert.deepEqual([said?.phase, said?.reason], [1, 'The disk is full.']);
      assert.deepEqual([run.bytes, epochsOf(run)], [plain.bytes, epochsOf(plain)]);
      assert.ok(entries().every((entry) => !entry.includes('.tmp')));
    });
  });
});
