import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { asFormatMeans } from '../../../../src/core/formats/hardSigmoid';
import { writeKeras } from '../../../../src/core/formats/writeKeras';
import { inspectModel } from '../../../../src/core/inspect/inspectModel';
import { walkLayers, type Model } from '../../../../src/core/model/model';
import type { StoredDType } from '../../../../src/core/model/tensor';
import { modelOutputs } from '../../../support/modelOutputs';
import { readModel, sourceOf } from '../../../support/memorySource';

const folder = new URL('../../../keras/golden/formats/', import.meta.url);

interface GoldenWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: StoredDType;
  readonly sha256: string;
}

interface GoldenArray {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Golden {
  readonly writer: 'keras' | 'tf_keras';
  readonly files: readonly string[];
  readonly layers: readonly { readonly path: string; readonly class: string; readonly trainable: boolean; readonly weights: readonly GoldenWeight[] }[];
  readonly parameters: { readonly total: number; readonly trainable: number };
  readonly inputs: readonly GoldenArray[];
  /** null where a layer cannot be run here. */
  readonly outputs: readonly GoldenArray[] | null;
  readonly optimizer: readonly { readonly shape: readonly number[]; readonly sha256: string }[];
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Keras 2 and 3 list what a wrapper adds at other places among the variables of the layer inside. */
function byName<T extends { readonly name: string }>(weights: readonly T[]): T[] {
  return [...weights].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** An unknown class has no names for its variables in a `.keras` file. */
function layersOf(model: Model, named: boolean): unknown {
  return [...walkLayers(model)].map(({ path, layer }) => ({
    path,
    class: layer.className.split('>').at(-1),
    trainable: layer.trainable,
    weights: byName(layer.weights.map(({ name, shape, dtype, bytes }) => ({ name: named || layer.opaque === undefined ? name : '', shape, dtype, sha256: hash(bytes) }))),
  }));
}

function goldenLayers(golden: Golden, model: Model, named: boolean): unknown {
  const opaque = new Set([...walkLayers(model)].filter(({ layer }) => layer.opaque !== undefined).map(({ path }) => path));
  return golden.layers.map((layer) => ({ ...layer, weights: byName(layer.weights.map((weight) => ({ ...weight, name: named || !opaque.has(layer.path) ? weight.name : '' }))) }));
}

/** Behind an opaque layer a class cannot name its variables: the shape that it reads is not known. */
function withoutNames(model: Model): unknown {
  return [...walkLayers(model)].map(({ path, layer }) => ({ path, class: layer.className, trainable: layer.trainable, weights: layer.weights.map(({ bytes, shape, dtype }) => [hash(bytes), shape, dtype]) }));
}

/** Variables below an opaque layer's own group (an RNN's cell) are kept and not listed. */
function withoutKept(layers: unknown, model: Model): unknown {
  const kept = new Set([...walkLayers(model)].filter(({ layer }) => layer.keptWeights !== undefined).map(({ path }) => path));
  return (layers as { path: string }[]).map((layer) => (kept.has(layer.path) ? { ...layer, weights: [] } : layer));
}

function checkOutputs(model: Model, golden: Golden, tolerance: number): void {
  const inputs = golden.inputs.map(({ shape, data }) => ({ shape, data: Float64Array.from(data) }));
  const found = modelOutputs(model, inputs);
  golden.outputs?.forEach(({ shape, data }, index) => {
    assert.deepEqual(found[index].shape, shape);
    data.forEach((value, at) => {
      const error = Math.abs(value - found[index].data[at]);
      assert.ok(error <= tolerance * Math.max(1, Math.abs(value)), `output ${index}[${at}]: ${found[index].data[at]} instead of ${value}`);
    });
  });
}

describe('models that real Keras saved', () => {
  const goldens = readdirSync(folder).filter((name) => name.endsWith('.json'));
  it('are there', () => assert.equal(goldens.length, 46));

  for (const name of goldens) {
    const golden = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Golden;
    for (const file of golden.files) {
      it(`${file}: layers, weights, flags, counts and outputs are Keras'`, async () => {
        const bytes = readFileSync(new URL(file, folder));
        const model = await readModel(sourceOf(bytes, file));
        const named = file.endsWith('.h5');
        assert.deepEqual(withoutKept(layersOf(model, named), model), withoutKept(goldenLayers(golden, model, named), model));
        if (golden.outputs) {
          const { parameters } = inspectModel(model, '');
          assert.deepEqual({ total: parameters.total, trainable: parameters.trainable }, golden.parameters);
          checkOutputs(model, golden, name.startsWith('half') ? 2e-3 : 1e-5);
        }
        if (golden.optimizer.length > 0) assert.deepEqual(model.optimizerVariables.map(({ shape, bytes: data }) => ({ shape, sha256: hash(data) })), golden.optimizer);
        if (!golden.outputs) assert.ok([...walkLayers(model)].some(({ layer }) => layer.opaque !== undefined));
      });

      it(`${file}: written as .keras and read again it is the same model`, async () => {
        // Keras 3 has no name for what hard_sigmoid meant in Keras 2: such layers are written otherwise.
        const model = asFormatMeans(await readModel(sourceOf(readFileSync(new URL(file, folder)), file)), 'keras 3');
        const written = await writeKeras(model);
        assert.deepEqual(await writeKeras(model), written);
        const again = await readModel(sourceOf(written, 'again.keras'));
        assert.deepEqual(withoutKept(withoutNames(again), again), withoutKept(withoutNames(model), again));
        assert.deepEqual(again.compile, model.compile);
        assert.deepEqual(again.optimizerVariables.map(({ bytes }) => hash(bytes)), model.optimizerVariables.map(({ bytes }) => hash(bytes)));
        assert.deepEqual(again.root.network.calls.map(({ layer, call }) => [layer, call]), model.root.network.calls.map(({ layer, call }) => [layer, call]));
      });
    }
  }
});
