import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import * as tf from '@tensorflow/tfjs';
import { SurgeryError } from '../../../../src/core/errors';
import { asFormatMeans } from '../../../../src/core/formats/hardSigmoid';
import { walkLayers, type Model } from '../../../../src/core/model/model';
import { encodeOnnx } from '../../../../src/engine/onnxruntime/encodeOnnx';
import { exportJob } from '../../../../src/node/jobs/exportModel';
import { openModel } from '../../../../src/node/jobs/openModel';
import { modelOutputs } from '../../../support/modelOutputs';

const goldens = fileURLToPath(new URL('../../../keras/golden/formats/', import.meta.url));

interface GoldenArray {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Golden {
  readonly inputs: readonly GoldenArray[];
  readonly outputs: readonly GoldenArray[] | null;
}

/** Weights by their bytes, seeds of random generators aside. */
function weightsOf(model: Model): unknown {
  return [...walkLayers(model)].map(({ path, layer }) => [path, layer.weights.filter(({ name }) => !name.endsWith('seed_generator_state')).map(({ shape, dtype, bytes }) => [shape, dtype, Buffer.from(bytes).toString('hex')])]);
}

function requireClose(found: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  assert.equal(found.length, expected.length);
  expected.forEach((value, index) => assert.ok(Math.abs(found[index] - value) <= tolerance * Math.max(1, Math.abs(value)), `[${index}]: ${found[index]} instead of ${value}`));
}

const shapeIn = (array: GoldenArray): number[] => [...array.shape];

/** Undefined where the format refuses the model by the name of one of its layers, and nothing was written. */
async function exported(model: Model, to: string, out: string): Promise<string | undefined> {
  try {
    return (await exportJob({ model, to, out, inputs: [], encodeOnnx })).path;
  } catch (thrown) {
    assert.ok(thrown instanceof SurgeryError, String(thrown));
    assert.ok(['unsupported', 'layer-opaque'].includes(thrown.code), `${thrown.code} ${thrown.message}`);
    const named = [...walkLayers(model)].some(({ layer }) => thrown.where?.includes(layer.name));
    assert.ok(named, `${thrown.message} ${thrown.where}`);
    assert.equal(existsSync(out), false);
    return undefined;
  }
}

describe('models of Keras in every format', () => {
  const folder = mkdtempSync(join(tmpdir(), 'model-surgery-formats-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const files = readdirSync(goldens).filter((name) => /\.keras[23]\.(h5|keras)$/.test(name));
  const written = { h5: [] as string[], tfjs: [] as string[], onnx: [] as string[] };
  const goldenOf = (file: string): Golden => JSON.parse(readFileSync(join(goldens, file.replace(/\.(h5|keras)$/, '.json')), 'utf8')) as Golden;
  const toleranceOf = (file: string): number => (file.startsWith('half') ? 2e-3 : 1e-5);

  for (const file of files) {
    it(`${file} as .h5: the same weights, the same outputs`, async () => {
      const { model } = await openModel(join(goldens, file));
      const path = await exported(model, 'h5', join(folder, `${file}.h5`));
      if (path === undefined) return;
      written.h5.push(file);
      const again = (await openModel(path)).model;
      assert.deepEqual(weightsOf(again), weightsOf(asFormatMeans(model, 'keras 3')));
      assert.deepEqual(again.compile, model.compile);
      assert.deepEqual(again.optimizerVariables.map(({ bytes }) => bytes), model.optimizerVariables.map(({ bytes }) => bytes));
      const golden = goldenOf(file);
      const inputs = golden.inputs.map(({ shape, data }) => ({ shape, data: Float64Array.from(data) }));
      if (golden.outputs) modelOutputs(again, inputs).forEach(({ data }, index) => requireClose(data, golden.outputs?.[index].data ?? [], toleranceOf(file)));
    });

    it(`${file} as a layers model: TensorFlow.js loads it and gives Keras' outputs, and it opens again`, async () => {
      const { model } = await openModel(join(goldens, file));
      const path = await exported(model, 'tfjs', join(folder, `${file}.tfjs`));
      if (path === undefined) return;
      written.tfjs.push(file);
      const golden = goldenOf(file);
      const loaded = await tf.loadLayersModel(tfjsFiles(path));
      const found = loaded.predict(golden.inputs.map((input) => tf.tensor([...input.data], shapeIn(input))));
      [found].flat().forEach((tensor, index) => requireClose(tensor.dataSync(), golden.outputs?.[index].data ?? [], toleranceOf(file)));
      const again = (await openModel(path)).model;
      assert.equal(again.format, 'tfjs-layers');
      const inputs = golden.inputs.map(({ shape, data }) => ({ shape, data: Float64Array.from(data) }));
      modelOutputs(again, inputs).forEach(({ data }, index) => requireClose(data, golden.outputs?.[index].data ?? [], toleranceOf(file)));
    });

    it(`${file} as an ONNX graph: onnxruntime gives Keras' outputs under the model's names`, async () => {
      const { model } = await openModel(join(goldens, file));
      const path = await exported(model, 'onnx', join(folder, `${file}.onnx`));
      if (path === undefined) return;
      written.onnx.push(file);
      const golden = goldenOf(file);
      const session = await ort.InferenceSession.create(path);
      const { inputs, outputs } = model.root.network;
      assert.deepEqual([...session.inputNames].sort(), inputs.map(({ name }) => name).sort());
      assert.deepEqual(session.outputNames, outputs.map(({ name }) => name));
      const feeds = Object.fromEntries(golden.inputs.map((input, index) => [inputs[index].name, inputs[index].dtype === 'int32' ? new ort.Tensor('int32', Int32Array.from(input.data), shapeIn(input)) : new ort.Tensor('float32', Float32Array.from(input.data), shapeIn(input))]));
      const found = await session.run(feeds);
      outputs.forEach(({ name }, index) => requireClose(found[name].data as Float32Array, golden.outputs?.[index].data ?? [], toleranceOf(file)));
      await session.release();
    });
  }

  it('most of them go into each format', () => {
    assert.ok(written.h5.length >= files.length - 2);
    assert.ok(written.onnx.length >= files.length - 12);
    assert.ok(written.tfjs.length >= 24);
  });
});

/** A model.json and its shards as TensorFlow.js takes them from anywhere. */
function tfjsFiles(path: string): tf.io.IOHandler {
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { modelTopology: object; weightsManifest: tf.io.WeightsManifestConfig };
  const shards = manifest.weightsManifest.flatMap(({ paths }) => paths.map((name) => readFileSync(join(path, '..', name))));
  const weightData = Uint8Array.from(Buffer.concat(shards)).buffer;
  return { load: () => Promise.resolve({ modelTopology: manifest.modelTopology, weightSpecs: manifest.weightsManifest.flatMap(({ weights }) => weights), weightData }) };
}
