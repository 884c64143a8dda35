import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SurgeryError } from '../../../src/core/errors';
import { CheckpointStore } from '../../../src/node/checkpoint/checkpointStore';
import { pack, unpack } from '../../../src/node/checkpoint/pack';

const code = (expected: string) => (thrown: unknown): boolean => thrown instanceof SurgeryError && thrown.code === expected;

describe('checkpoints on disk', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'model-surgery-ckpt-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const names = (): string[] => readdirSync(folder).sort();

  it('pack keeps typed arrays and every float, bit for bit', () => {
    const value = { a: Float32Array.of(1.5, -0, NaN), b: [Int32Array.of(-7), new Uint8Array(3).fill(9)], c: { d: NaN, e: -0, f: -Infinity, g: 'text', h: null, i: true }, j: new Float64Array(0) };
    assert.deepEqual(unpack(pack(value)), value);
    assert.ok(Object.is((unpack(pack({ x: -0 })) as { x: number }).x, -0));
  });

  it('unpack refuses bytes that are not there, and makes nothing of a name that is no array', () => {
    for (const array of [['Float32Array', 0, 3], ['Float32Array', -8, 1], ['constructor', 0, 1], ['Uint8Array', 0, 1e12], 'x']) {
      assert.throws(() => unpack({ json: JSON.stringify({ $array: array }), bytes: new Uint8Array(8) }), code('format-broken'), JSON.stringify(array));
    }
  });

  it('keeps the newest two and a pointer to the last', async () => {
    const store = new CheckpointStore(folder);
    for (const step of [1, 2, 3]) await store.save({ step, data: Float32Array.of(step) });
    assert.deepEqual(names(), ['ckpt-000002', 'ckpt-000003', 'latest']);
    assert.equal(readFileSync(join(folder, 'latest'), 'utf8'), 'ckpt-000003\n');
    assert.deepEqual(await new CheckpointStore(folder).latest(), { name: 'ckpt-000003', value: { step: 3, data: Float32Array.of(3) }, broken: [] });
  });

  const damages: Readonly<Record<string, (place: string) => void>> = {
    'a flipped bit': (place) => {
      const bytes = readFileSync(join(place, 'weights.bin'));
      bytes[2] ^= 1;
      writeFileSync(join(place, 'weights.bin'), bytes);
    },
    'a short file': (place) => truncateSync(join(place, 'state.json'), 5),
    'no manifest': (place) => rmSync(join(place, 'manifest.json')),
    'a manifest that is no JSON': (place) => writeFileSync(join(place, 'manifest.json'), '{'),
    'a manifest of a later version': (place) => writeFileSync(join(place, 'manifest.json'), readFileSync(join(place, 'manifest.json'), 'utf8').replace('"version":1', '"version":2')),
  };
  for (const [name, damage] of Object.entries(damages)) {
    it(`${name}: takes the one before, names the broken one and leaves it`, async () => {
      const store = new CheckpointStore(folder);
      for (const step of [1, 2]) await store.save({ step, data: Float32Array.of(step) });
      damage(join(folder, 'ckpt-000002'));
      const reader = new CheckpointStore(folder);
      assert.deepEqual(await reader.latest(), { name: 'ckpt-000001', value: { step: 1, data: Float32Array.of(1) }, broken: ['ckpt-000002'] });
      await reader.save({ step: 3 });
      assert.deepEqual(names(), ['ckpt-000001', 'ckpt-000002', 'ckpt-000003', 'latest']);
    });
  }

  it('all broken, or none there, is said by name; what a crash left half written is removed', async () => {
    await assert.rejects(() => new CheckpointStore(join(folder, 'none')).latest(), code('file-missing'));
    mkdirSync(join(folder, 'ckpt-000001.tmp-0123456789ab'));
    await assert.rejects(() => new CheckpointStore(folder).latest(), code('file-missing'));
    assert.deepEqual(names(), []);
    mkdirSync(join(folder, 'ckpt-000007'));
    await assert.rejects(() => new CheckpointStore(folder).latest(), code('format-broken'));
    assert.deepEqual(names(), ['ckpt-000007']);
  });
});
