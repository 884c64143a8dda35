import assert from 'node:assert/strict';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTfjs } from '../../../../src/core/formats/writeTfjs';
import { walkLayers } from '../../../../src/core/model/model';
import { decodeNumbers } from '../../../../src/core/weights/decode';
import { openModel } from '../../../../src/node/jobs/openModel';
import { modelOutputs } from '../../../support/modelOutputs';

const kernel = [1, 2, -3, 0.5, 0.25, 4];
const dense = { class_name: 'Dense', config: { name: 'top', units: 3, activation: 'hard_sigmoid', use_bias: true, batch_input_shape: [null, 2], dtype: 'float32' } };
const sequential = { class_name: 'Sequential', config: { name: 'small', layers: [dense] } };
const specs = [{ name: 'top/kernel', shape: [2, 3], dtype: 'float32' }, { name: 'top/bias', shape: [3], dtype: 'float32' }];
const floats = (values: readonly number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);

describe('TensorFlow.js layers models', () => {
  const folder = mkdtempSync(join(tmpdir(), 'model-surgery-tfjs-'));
  const inside = join(folder, 'model');
  before(() => {
    mkdirSync(inside);
    writeFileSync(join(folder, 'canary.bin'), floats([...kernel, 7, 8, 9]));
    writeFileSync(join(inside, 'whole.bin'), floats([...kernel, 7, 8, 9]));
    writeFileSync(join(inside, 'short.bin'), floats([...kernel, 7, 8]));
    symlinkSync(join(folder, 'canary.bin'), join(inside, 'link.bin'));
    linkSync(join(folder, 'canary.bin'), join(inside, 'hard.bin'));
    symlinkSync(folder, join(inside, 'up'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, manifest: unknown): string => {
    writeFileSync(join(inside, name), JSON.stringify(manifest));
    return join(inside, name);
  };
  const manifest = (paths: readonly string[], weights: readonly unknown[] = specs, topology: unknown = { keras_version: '2.4.0', model_config: sequential }): unknown =>
    ({ modelTopology: topology, weightsManifest: [{ paths, weights }] });

  it('a manifest without format, as older converters wrote it; hard_sigmoid means that of Keras 2', async () => {
    const { model } = await openModel(write('plain.json', manifest(['whole.bin'])));
    assert.deepEqual([model.format, model.kerasVersion, model.root.name], ['tfjs-layers', '2.4.0', 'small']);
    const [{ data }] = modelOutputs(model, [{ shape: [1, 2], data: Float64Array.of(-1, 1) }]);
    const expected = [0, 1, 2].map((unit) => Math.min(1, Math.max(0, 0.2 * (kernel[3 + unit] - kernel[unit] + 7 + unit) + 0.5)));
    expected.forEach((value, index) => assert.ok(Math.abs(data[index] - value) < 1e-6));
  });

  it('camelCase as TensorFlow.js has it in memory is the same model', async () => {
    const camel = { className: 'Sequential', config: { name: 'small', layers: [{ className: 'Dense', config: { name: 'top', units: 3, activation: 'hardSigmoid', useBias: true, batchInputShape: [null, 2], kernelRegularizer: { className: 'L1L2', config: { l1: 0, l2: 0.01, hasL1: false, hasL2: true } } } }] } };
    const { model } = await openModel(write('camel.json', manifest(['whole.bin'], specs, camel)));
    const [layer] = model.root.network.layers;
    assert.equal(layer.config['activation'], 'keras2_hard_sigmoid');
    assert.deepEqual(JSON.parse(JSON.stringify(layer.config['kernel_regularizer'])), { class_name: 'L1L2', config: { l1: 0, l2: 0.01 } });
    assert.deepEqual([...decodeNumbers(layer.weights[0])], kernel);
  });

  it('quantized weights are what TensorFlow.js makes of them', async () => {
    const quantization = (dtype: string): object => ({ dtype, min: -1, scale: 0.5, original_dtype: 'float32' });
    writeFileSync(join(inside, 'packed.bin'), Buffer.concat([Buffer.from([0, 1, 2, 3, 4, 255]), Buffer.from(Uint16Array.of(0, 40, 65535).buffer)]));
    const packed = [{ ...specs[0], quantization: quantization('uint8') }, { ...specs[1], quantization: quantization('uint16') }];
    const { model } = await openModel(write('packed.json', manifest(['packed.bin'], packed)));
    assert.deepEqual(model.root.network.layers[0].weights.map((weight) => [weight.dtype, [...decodeNumbers(weight)]]), [
      ['float32', [-1, -0.5, 0, 0.5, 1, 126.5]], ['float32', [-1, 19, 32766.5]],
    ]);
    writeFileSync(join(inside, 'half.bin'), Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0, 0x3800, 0x7bff, 1, 0, 0, 0x3c00).buffer));
    const halves = specs.map((spec) => ({ ...spec, quantization: { dtype: 'float16', original_dtype: 'float32' } }));
    const half = (await openModel(write('half.json', manifest(['half.bin'], halves)))).model;
    assert.deepEqual([...decodeNumbers(half.root.network.layers[0].weights[0])], [1, -2, 0, 0.5, 65504, 2 ** -24]);
  });

  for (const [path, what] of [
    ['../canary.bin', 'above'], ['/etc/passwd', 'absolute'], ['..\\canary.bin', 'with backslashes'], ['C:canary.bin', 'of a drive'], ['link.bin', 'a symbolic link'], ['hard.bin', 'a hard link'],
    ['up/canary.bin', 'behind a linked folder'], ['./whole.bin', 'with a dot'], ['a//b', 'with an empty step'], ['whole.bin\0', 'with a NUL'],
  ] as const) {
    it(`a shard ${what} is refused by name`, async () => {
      await assert.rejects(openModel(write('hostile.json', manifest([path]))), { code: 'format-hostile' });
    });
  }

  it('shards that are too short or too long are refused, and a missing one is named', async () => {
    await assert.rejects(openModel(write('short.json', manifest(['short.bin']))), { code: 'weight-mismatch', received: '32 bytes' });
    await assert.rejects(openModel(write('long.json', manifest(['whole.bin', 'short.bin']))), { code: 'weight-mismatch' });
    await assert.rejects(openModel(write('missing.json', manifest(['none.bin']))), { code: 'file-missing' });
    await assert.rejects(openModel(write('bomb.json', manifest(['whole.bin'], [{ name: 'top/kernel', shape: [2 ** 30, 2 ** 20], dtype: 'float32' }]))), { code: 'format-limit' });
  });

  it('a regularizer of outputs, at which TensorFlow.js fails, is refused before anything is written', async () => {
    const layer = { ...dense, config: { ...dense.config, kernel_regularizer: { class_name: 'L2', config: { l2: 0.5 } }, activity_regularizer: { class_name: 'L2', config: { l2: 0.5 } } } };
    const { model } = await openModel(write('regularized.json', manifest(['whole.bin'], specs, { keras_version: '2.4.0', model_config: { ...sequential, config: { name: 'small', layers: [layer] } } })));
    assert.throws(() => writeTfjs(model, () => ''), { code: 'unsupported', where: 'top.activity_regularizer' });
  });

  it('a variable without a layer and a layer without a variable are named', async () => {
    writeFileSync(join(inside, 'more.bin'), floats([...kernel, 7, 8, 9, 1]));
    await assert.rejects(openModel(write('more.json', manifest(['more.bin'], [...specs, { name: 'other/kernel', shape: [1], dtype: 'float32' }]))), { code: 'weight-mismatch', where: 'other/kernel' });
    writeFileSync(join(inside, 'less.bin'), floats(kernel));
    await assert.rejects(openModel(write('less.json', manifest(['less.bin'], [specs[0]]))), { code: 'weight-missing', where: 'top' });
  });

  it('an architecture alone and a graph model are no models here', async () => {
    await assert.rejects(openModel(write('alone.json', { modelTopology: sequential })), { code: 'not-a-model', message: /alone/ });
    await assert.rejects(openModel(write('graph.json', { format: 'graph-model', modelTopology: { node: [] }, weightsManifest: [] })), { code: 'unsupported', message: /graph model.*without Keras layers/ });
    await assert.rejects(openModel(write('other.json', { models: ['a'] })), { code: 'not-a-model', message: /no model/ });
    await assert.rejects(openModel(write('listed.json', [{ weights: specs, paths: ['whole.bin'] }])), { code: 'format-unknown', message: /lists weights/ });
    const { model } = await openModel(write('again.json', manifest(['whole.bin'])));
    assert.equal([...walkLayers(model)].length, 1);
  });
});
