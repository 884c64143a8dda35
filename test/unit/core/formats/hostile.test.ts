import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { toErrorRecord, type ErrorCode } from '../../../../src/core/errors';
import { withHdf5 } from '../../../../src/core/formats/hdf5Door';
import { writeHdf5, type Hdf5Item } from '../../../../src/core/formats/hdf5Write';
import { writeZip } from '../../../../src/core/formats/writeZip';
import { walkLayers, type Model } from '../../../../src/core/model/model';
import { readModel, sourceOf } from '../../../support/memorySource';

const folder = new URL('../../../keras/golden/hostile/', import.meta.url);
const canary = 'CANARY-5b1d0f3e';
/** ms; a refusal is quick */
const soon = 2000;

const refusals: Readonly<Record<string, ErrorCode>> = {
  'bad_checksum.h5': 'format-broken',
  'bad_chunk.h5': 'format-broken',
  'bad_crc.keras': 'format-broken',
  'compound_weight.h5': 'unsupported',
  'deep_json.keras': 'format-limit',
  'external_link_absolute.h5': 'format-hostile',
  'external_link_relative.h5': 'format-hostile',
  'external_storage_absolute.h5': 'format-hostile',
  'external_storage_device.h5': 'format-hostile',
  'external_storage_relative.h5': 'format-hostile',
  'group_link.h5': 'format-hostile',
  'gzip_bomb.h5': 'format-limit',
  'half_written.h5': 'format-broken',
  'hard_link_loop.h5': 'format-limit',
  'long_chunk.h5': 'format-broken',
  'member_absolute.keras': 'format-hostile',
  'member_backslash.keras': 'format-hostile',
  'member_control.keras': 'format-hostile',
  'member_parent.keras': 'format-hostile',
  'member_twice.keras': 'format-hostile',
  'nested_link.h5': 'format-hostile',
  'never_written.h5': 'format-broken',
  'shape_bomb.h5': 'format-limit',
  'shape_bomb_chunked.h5': 'format-limit',
  'short_chunk.h5': 'format-broken',
  'size_lie.keras': 'format-limit',
  'soft_link.h5': 'format-hostile',
  'soft_link_loop.h5': 'format-hostile',
  'string_weight.h5': 'unsupported',
  'virtual_dataset.h5': 'format-hostile',
  'weights_external_link.keras': 'format-hostile',
  'wrong_shape.h5': 'weight-mismatch',
  'zip_bomb.keras': 'format-limit',
};

const opaque = ['class_constructor.keras', 'class_proto.keras', 'lambda.keras', 'module_os.keras', 'tfsm.keras', 'vocabulary_path.keras'];
const sound = ['control.h5', 'control.keras', 'control_gzip.h5'];

const read = (file: string): Promise<Model> => readModel(sourceOf(readFileSync(new URL(file, folder)), file));

async function refusalOf(bytes: Uint8Array, name: string): Promise<ReturnType<typeof toErrorRecord>> {
  try {
    await readModel(sourceOf(bytes, name));
  } catch (thrown) {
    return toErrorRecord(thrown);
  }
  return assert.fail(`${name} was opened`);
}

/** Everything that a reader could have taken in. */
function contents(model: Model): string {
  const weights = [...walkLayers(model)].flatMap(({ layer }) => layer.weights.map(({ bytes }) => Buffer.from(bytes).toString('latin1')));
  return JSON.stringify(model, (_key, value: unknown) => (value instanceof Uint8Array ? undefined : value)) + weights.join('');
}

const kernel = Float32Array.from({ length: 64 }, (_, index) => index);
const kernelOf = (model: Model): number[] => {
  const weight = [...walkLayers(model)].find(({ layer }) => layer.name === 'd')?.layer.weights.at(0);
  return weight ? [...new Float32Array(Uint8Array.from(weight.bytes).buffer)] : [];
};

describe('hostile files', () => {
  it('are all judged here', () => {
    const files = readdirSync(folder).filter((name) => !name.startsWith('canary'));
    assert.deepEqual(files.sort(), [...Object.keys(refusals), ...opaque, ...sound].sort());
  });

  for (const [file, code] of Object.entries(refusals)) {
    it(`${file} is refused as ${code}`, async () => {
      const start = performance.now();
      const refusal = await refusalOf(readFileSync(new URL(file, folder)), file);
      assert.equal(refusal.code, code, `${refusal.message} ${refusal.received ?? ''}`);
      assert.ok(performance.now() - start < soon);
      assert.ok(!JSON.stringify(refusal).includes(canary));
      assert.notEqual(refusal.where, undefined);
    });
  }

  for (const file of opaque) {
    it(`${file} opens with an opaque layer, and nothing of it is run or read`, async () => {
      const model = await read(file);
      const last = [...walkLayers(model)].at(-1);
      assert.notEqual(last?.layer.opaque, undefined);
      assert.ok(!contents(model).includes(canary));
      assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    });
  }

  for (const file of sound) {
    it(`${file} opens, the next model after all of these too`, async () => {
      assert.deepEqual(kernelOf(await read(file)), [...kernel]);
    });
  }
});

describe('files that are too much', () => {
  const model = JSON.stringify({
    class_name: 'Sequential',
    config: { name: 's', layers: [{ class_name: 'InputLayer', config: { batch_shape: [null, 8], name: 'i' } }, { class_name: 'Dense', config: { name: 'd', units: 8 } }] },
  });

  it('a thousand nested groups', async () => {
    const depth = 1000;
    const bytes = await writeHdf5([{ path: Array.from({ length: depth }, () => 'g').join('/'), kind: 'group' }]);
    await assert.rejects(
      withHdf5(sourceOf(bytes, 'test'), 'deep.h5', (file) => file.has(Array.from({ length: depth }, () => 'g').join('/'))),
      { code: 'format-limit' },
    );
  });

  it('a great many members', async () => {
    const items = Array.from({ length: 120_000 }, (_, index): Hdf5Item => ({ path: `layers/g${index}`, kind: 'group' }));
    const bytes = await writeHdf5(items);
    const start = performance.now();
    await assert.rejects(withHdf5(sourceOf(bytes, 'test'), 'wide.h5', (file) => file.members('layers')), { code: 'format-limit' });
    assert.ok(performance.now() - start < soon);
  });

  it('200 MB of JSON', async () => {
    const refusal = await refusalOf(writeZip({ 'config.json': ' '.repeat(200 * 1024 * 1024), 'model.weights.h5': '', 'metadata.json': '{}' }), 'long.keras');
    assert.equal(refusal.code, 'format-limit');
  });

  it('a file cut off at seven places', async () => {
    for (const file of ['control.h5', 'control.keras']) {
      const bytes = readFileSync(new URL(file, folder));
      for (const part of [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999]) {
        const refusal = await refusalOf(bytes.subarray(0, Math.floor(bytes.length * part)), file);
        assert.match(refusal.code, /^format-/, `${file} at ${part}`);
      }
    }
  });

  it('weights without a model, an architecture without weights: loadWeights is named', async () => {
    const weights = await writeHdf5([{ path: 'layers/dense/vars/0', kind: 'dataset', tensor: { shape: [1], dtype: 'float32', bytes: new Uint8Array(4) } }]);
    for (const [bytes, name] of [[weights, 'a.weights.h5'], [new TextEncoder().encode(model), 'model.json']] as const) {
      const refusal = await refusalOf(bytes, name);
      assert.equal(refusal.code, 'not-a-model');
      assert.match(`${refusal.message} ${refusal.expected ?? ''}`, /loadWeights/);
    }
    const other = await refusalOf(await writeHdf5([{ path: 'data', kind: 'group' }]), 'data.h5');
    assert.equal(other.code, 'not-a-model');
  });

  it('seeded mutations of an archive end in the same weights or in a named error', async () => {
    const bytes = readFileSync(new URL('control.keras', folder));
    let state = 1;
    const random = (below: number): number => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
    for (let round = 0; round < 200; round++) {
      const mutated = Uint8Array.from(bytes);
      mutated[random(bytes.length)] ^= 1 + random(255);
      try {
        assert.deepEqual(kernelOf(await readModel(sourceOf(mutated, 'mutated.keras'))), [...kernel]);
      } catch (thrown) {
        const { code } = toErrorRecord(thrown);
        assert.ok(code !== 'internal', `${round}: ${String(thrown)}`);
      }
    }
  });
});
