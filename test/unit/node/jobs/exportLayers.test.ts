import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { SurgeryError } from '../../../../src/core/errors';
import { tfjsClasses } from '../../../../src/core/formats/tfjsLayers';
import { joinedParts } from '../../../../src/core/formats/fileParts';
import { writeTfjs, type TfjsFiles } from '../../../../src/core/formats/writeTfjs';
import { encodeOnnx } from '../../../../src/engine/onnxruntime/encodeOnnx';
import { layerModels, type LayerModel } from '../../../support/layerModels';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function requireClose(found: ArrayLike<number>, { golden, title }: LayerModel): void {
  const { data } = golden.inference.output;
  assert.equal(found.length, data.length, title);
  data.forEach((value, index) => assert.ok(Math.abs(found[index] - value) <= 2e-5 * Math.max(1, Math.abs(value)), `${title} [${index}]: ${found[index]} instead of ${value}`));
}

/** What is written, or the refusal by the layer's name. */
function written<T>({ model, title }: LayerModel, write: (given: LayerModel['model']) => T): T | undefined {
  try {
    return write(model);
  } catch (thrown) {
    assert.ok(thrown instanceof SurgeryError, `${title}: ${String(thrown)}`);
    assert.ok(['unsupported', 'layer-opaque'].includes(thrown.code), `${title}: ${thrown.code} ${thrown.message}`);
    assert.ok(model.root.network.layers.some(({ name }) => thrown.where?.includes(name)), `${title}: ${thrown.message} ${thrown.where}`);
    return undefined;
  }
}

function handlerOf({ bytes, beside }: TfjsFiles): tf.io.IOHandler {
  const { modelTopology, weightsManifest } = JSON.parse(bytes) as { modelTopology: object; weightsManifest: tf.io.WeightsManifestConfig };
  const weightData = Uint8Array.from(Buffer.concat(Object.values(beside).map(joinedParts))).buffer;
  return { load: () => Promise.resolve({ modelTopology, weightSpecs: weightsManifest.flatMap(({ weights }) => weights), weightData }) };
}

describe('every layer, as Keras computed it, in every format', () => {
  const models = layerModels();
  const loaded = { tfjs: new Set<string>(), onnx: new Set<string>() };

  before(() => tf.setBackend('cpu'));

  for (const className of new Set(models.map((one) => one.className))) {
    const own = models.filter((one) => one.className === className);

    it(`${className}: TensorFlow.js loads what is written and gives Keras' numbers, or it is refused by name`, async () => {
      for (const one of own) {
        const files = written(one, (model) => writeTfjs(model, sha256));
        // Numbers that no row has: Keras on TensorFlow gives zeros or wraps them, TensorFlow.js fails.
        const outOfRange = className === 'Embedding' && one.golden.inputs[0].data.some((index) => index < 0);
        if (!files || outOfRange) continue;
        const model = await tf.loadLayersModel(handlerOf(files));
        const inputs = one.golden.inputs.map(({ shape, data, dtype }) => tf.tensor([...data], [...shape], dtype ?? 'float32'));
        const found = [model.predict(inputs.length === 1 ? inputs[0] : inputs)].flat();
        requireClose(found[0].dataSync(), one);
        loaded.tfjs.add(className);
        tf.dispose([...inputs, ...found]);
        model.dispose();
      }
    }).timeout(60_000);

    it(`${className}: onnxruntime runs what is written and gives Keras' numbers, or it is refused by name`, async () => {
      for (const one of own) {
        const bytes = written(one, encodeOnnx);
        if (!bytes) continue;
        const session = await ort.InferenceSession.create(bytes);
        const feeds = one.golden.inputs.map(({ shape, data, dtype }, index) => [`given_${index}`, new ort.Tensor(dtype ?? 'float32', dtype === 'int32' ? Int32Array.from(data) : Float32Array.from(data), [...shape])] as const);
        const found = await session.run(Object.fromEntries(feeds));
        requireClose(Object.values(found)[0].data as Float32Array, one);
        loaded.onnx.add(className);
        await session.release();
      }
    }).timeout(60_000);
  }

  it('TensorFlow.js was seen to load each class that is written for it', () => {
    const made = new Set(models.map(({ className }) => className));
    assert.deepEqual([...tfjsClasses].filter((name) => made.has(name) && !loaded.tfjs.has(name)), []);
  });

  it('most of the classes go into an ONNX graph', () => {
    const classes = new Set(models.map(({ className }) => className));
    assert.ok(loaded.onnx.size >= classes.size * 0.8, `${loaded.onnx.size} of ${classes.size}: not ${[...classes].filter((name) => !loaded.onnx.has(name)).join(', ')}`);
  });
});
