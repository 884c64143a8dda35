import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { SurgeryError } from '../../../../src/core/errors';
import { asFormatMeans } from '../../../../src/core/formats/hardSigmoid';
import { readSavedModel } from '../../../../src/core/formats/savedModel/readSavedModel';
import { writeKeras } from '../../../../src/core/formats/writeKeras';
import { walkLayers, type Model } from '../../../../src/core/model/model';
import { folderIn, unpacked } from '../../../support/memoryFolder';
import { readModel, sourceOf } from '../../../support/memorySource';
import { modelOutputs } from '../../../support/modelOutputs';

const folder = new URL('../../../keras/golden/savedModels/', import.meta.url);
const index = 'variables/variables.index';
const data = 'variables/variables.data-00000-of-00001';

interface Golden {
  readonly layers: readonly { readonly path: string; readonly class: string; readonly trainable: boolean; readonly weights: readonly { readonly shape: readonly number[]; readonly dtype: string; readonly sha256: string }[] }[];
  readonly inputs: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[];
  readonly outputs: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[];
  readonly optimizer: string;
  readonly slots: readonly string[];
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const filesOf = (name: string): Map<string, Uint8Array> => unpacked(readFileSync(new URL(`${name}.zip`, folder)));
const open = (files: ReadonlyMap<string, Uint8Array>): Promise<Model> => readSavedModel(folderIn(files), 'model');

/** Keras 2 lists the layers of a graph in another order here and there. */
function byPath(model: Model): unknown {
  return Object.fromEntries([...walkLayers(model)].map(({ path, layer }) => [path, {
    path, class: layer.className, trainable: layer.trainable, weights: layer.weights.map(({ shape, dtype, bytes }) => ({ shape, dtype, sha256: hash(bytes) })),
  }]));
}

async function refusal(files: ReadonlyMap<string, Uint8Array>): Promise<SurgeryError | undefined> {
  try {
    await open(files);
    return undefined;
  } catch (thrown) {
    assert.ok(thrown instanceof SurgeryError, String(thrown));
    return thrown;
  }
}

const changed = (files: ReadonlyMap<string, Uint8Array>, path: string, change: (bytes: Uint8Array) => Uint8Array): Map<string, Uint8Array> =>
  new Map([...files].map(([name, bytes]) => [name, name === path ? change(Uint8Array.from(bytes)) : bytes]));

describe('SavedModels that Keras 2 saved', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json')).map((name) => name.replace(/\.json$/, ''));
  it('are there', () => assert.deepEqual(names, ['early', 'nested', 'recurrent', 'sequential', 'wrapped']));

  for (const name of names) {
    const golden = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Golden;

    it(`${name}: layers, flags, weights, compile settings, optimizer and outputs are Keras'`, async () => {
      const model = await open(filesOf(name));
      assert.equal(model.format, 'saved-model');
      assert.match(model.kerasVersion, /^2\./);
      assert.deepEqual(byPath(model), Object.fromEntries(golden.layers.map((layer) => [layer.path, layer])));
      const { optimizer, loss } = model.compile!;
      assert.equal(loss, 'mse');
      assert.equal(typeof optimizer === 'object' && optimizer?.class_name, golden.optimizer);
      const slots = model.optimizerVariables.filter(({ shape }) => shape.length > 0).map(({ bytes }) => hash(bytes));
      assert.deepEqual(slots.sort(), golden.slots);
      assert.deepEqual(model.problems, []);
      const outputs = modelOutputs(model, golden.inputs.map(({ shape, data: values }) => ({ shape, data: Float64Array.from(values) })));
      golden.outputs.forEach(({ data: values }, output) => values.forEach((value, at) => assert.ok(Math.abs(value - outputs[output].data[at]) <= 1e-5, `${value}`)));
    });

    it(`${name}: written as .keras it is the same model`, async () => {
      const model = asFormatMeans(await open(filesOf(name)), 'keras 3');
      const again = await readModel(sourceOf(await writeKeras(model), 'again.keras'));
      assert.deepEqual(byPath(again), byPath(model));
      assert.deepEqual(again.compile, model.compile);
      assert.equal(again.optimizerVariables.length, model.optimizerVariables.length);
    });
  }

  it('are refused where a bit of the checkpoint is flipped, wherever it stands', async () => {
    const files = filesOf('nested');
    const sound = byPath(await open(files));
    for (const path of [index, data]) {
      const length = files.get(path)!.length;
      for (let at = 0; at < length; at += path === index ? 7 : 61) {
        const flipped = changed(files, path, (bytes) => {
          bytes[at] ^= 1 << at % 8;
          return bytes;
        });
        const error = await refusal(flipped);
        // What no variable of the model is in (a metric's count) is not read.
        if (error) assert.ok(['format-broken', 'weight-missing', 'unsupported', 'format-limit', 'file-missing'].includes(error.code), error.code);
        else assert.deepEqual(byPath(await open(flipped)), sound, `${path} at ${at}`);
      }
    }
  });

  it('are refused where a file is cut off or missing', async () => {
    const files = filesOf('sequential');
    for (const path of [index, data, 'keras_metadata.pb']) {
      const length = files.get(path)!.length;
      for (const part of [0, 0.1, 0.3, 0.5, 0.7, 0.9]) {
        assert.ok(await refusal(changed(files, path, (bytes) => bytes.subarray(0, Math.floor(length * part)))), `${path} at ${part}`);
      }
    }
    const without = (path: string): Map<string, Uint8Array> => new Map([...files].filter(([name]) => name !== path));
    assert.equal((await refusal(without(index)))?.code, 'file-missing');
    assert.equal((await refusal(without(data)))?.code, 'file-missing');
    assert.equal((await refusal(without('saved_model.pb')))?.code, 'not-a-model');
    assert.equal((await refusal(without('keras_metadata.pb')))?.code, 'unsupported');
  });
});
