import fc from 'fast-check';
import assert from 'node:assert/strict';
import { SurgeryError } from '../../../../src/core/errors';
import { walkLayers, type Model, type PlacedLayer } from '../../../../src/core/model/model';
import { parentPath } from '../../../../src/core/surgery/edit';
import { layerCatalogue } from '../../../../src/core/surgery/layerCatalogue';
import type { Operation } from '../../../../src/core/surgery/operation';
import { applyOperation } from '../../../../src/core/surgery/operations';
import { checkSurgeryLaws, predict, snapshot, type Changes } from '../../../support/surgeryLaws';
import { models, runs, width } from './generated';

const pickOf = (list: readonly PlacedLayer[], pick: number): PlacedLayer => list[pick % list.length];
const layersOf = (model: Model, matches: (placed: PlacedLayer) => boolean = () => true): PlacedLayer[] => [...walkLayers(model)].filter(matches);
const isInput = ({ layer }: PlacedLayer): boolean => layer.className === 'InputLayer';
const beside = (placed: PlacedLayer, name: string): string => `${parentPath(placed)}${parentPath(placed) === '' ? '' : '/'}${name}`;
const outputOf = (model: Model): string => model.root.network.outputs[0].name;
const becomes = (model: Model, { path }: PlacedLayer, name: string): Pick<Changes, 'outputs'> => (path === outputOf(model) ? { outputs: [name] } : {});

/** The edited model, or the code of the refusal, which has changed nothing. */
async function attempt(model: Model, operation: Operation): Promise<Model | string> {
  const before = snapshot(model);
  try {
    const { model: edited, undo } = await applyOperation(model, operation, { seed: 3 });
    assert.equal(snapshot(undo), before);
    return edited;
  } catch (thrown) {
    assert.ok(thrown instanceof SurgeryError, String(thrown));
    assert.ok(['operation-refused', 'shape-mismatch'].includes(thrown.code) && thrown.expected !== undefined, `${thrown.code} ${thrown.message}`);
    assert.equal(snapshot(model), before);
    return thrown.code;
  }
}

describe('later operations on generated models', () => {
  it('insertLayer behind any layer: one that computes nothing changes no number', () =>
    fc.assert(fc.asyncProperty(models, fc.nat(), fc.constantFrom('Dropout', 'Identity', 'GaussianNoise'), async (model, pick, name) => {
      const placed = pickOf(layersOf(model), pick);
      const operation = { op: 'insertLayer', class: name, after: placed.path, name: 'new one' } as const;
      await checkSurgeryLaws({ model, operation, changes: { added: [beside(placed, 'new one')], samePredictions: true, ...becomes(model, placed, 'new one') } });
    }), runs));

  it('insertLayer before any layer: every one of the catalogue, or why not', () =>
    fc.assert(fc.asyncProperty(models, fc.nat(), fc.constantFrom(...layerCatalogue), async (model, pick, entry) => {
      const placed = pickOf(layersOf(model), pick);
      const edited = await attempt(model, { op: 'insertLayer', class: entry.class, before: placed.path, name: 'new one' });
      if (typeof edited !== 'string') assert.equal((await predict(edited))[0].length, 2 * width);
    }), runs));

  it('duplicateLayer: a copy beside it with the same weights', () =>
    fc.assert(fc.asyncProperty(models, fc.nat(), async (model, pick) => {
      const placed = pickOf(layersOf(model, (each) => !isInput(each) && each.layer.className !== 'Add'), pick);
      const inside = layersOf(model, ({ path }) => path.startsWith(`${placed.path}/`)).map(({ path }) => path.slice(placed.path.length));
      const copy = beside(placed, 'copy');
      await checkSurgeryLaws({ model, operation: { op: 'duplicateLayer', layer: placed.path, name: 'copy' }, changes: { added: [copy, ...inside.map((path) => copy + path)], ...becomes(model, placed, 'copy') } });
    }), runs));

  it('moveLayer: all layers stay, or why not', () =>
    fc.assert(fc.asyncProperty(models, fc.nat(), fc.nat(), fc.boolean(), async (model, pick, other, behind) => {
      const [placed, anchor] = [pickOf(layersOf(model), pick), pickOf(layersOf(model), other)];
      const operation: Operation = { op: 'moveLayer', layer: placed.path, ...(behind ? { after: anchor.path } : { before: anchor.path }) };
      const edited = await attempt(model, operation);
      if (typeof edited === 'string') return;
      const changes = { outputs: edited.root.network.outputs.map(({ name }) => name) };
      await checkSurgeryLaws({ model, operation, changes });
      assert.equal((await predict(edited))[0].length, 2 * width);
    }), runs));

  it('reinitialize: exactly the chosen weights are others', () =>
    fc.assert(fc.asyncProperty(models, fc.nat(), async (model, pick) => {
      const { path } = pickOf(layersOf(model, ({ layer }) => layer.weights.length > 0), pick);
      await checkSurgeryLaws({ model, operation: { op: 'reinitialize', layers: [path] }, changes: { weights: [path] } });
    }), runs));

  it('settings of a layer change no weight', () =>
    fc.assert(fc.asyncProperty(models, fc.nat(), async (model, pick) => {
      const { path } = pickOf(layersOf(model, ({ layer }) => layer.className === 'Dense'), pick);
      await checkSurgeryLaws({ model, operation: { op: 'setActivation', layer: path, activation: 'softsign' }, changes: {} });
      await checkSurgeryLaws({ model, operation: { op: 'setRegularizer', layer: path, weight: 'kernel', regularizer: 'L1' }, changes: { samePredictions: true } });
    }), runs));

  it('addOutput: the first output is what it was, the second what the layer gives', () =>
    fc.assert(fc.asyncProperty(models, fc.nat(), async (model, pick) => {
      const { path } = pickOf(layersOf(model, (placed) => placed.parents.length === 1), pick);
      const edited = await attempt(model, { op: 'addOutput', layer: path });
      if (typeof edited === 'string') return;
      await checkSurgeryLaws({ model, operation: { op: 'addOutput', layer: path }, changes: { outputs: [outputOf(model), path] } });
      assert.deepEqual((await predict(edited))[0], (await predict(model))[0]);
      const cut = await attempt(model, { op: 'cut', layer: path, keep: 'before' });
      assert.ok(typeof cut !== 'string', 'what is an output can be cut at');
      assert.deepEqual((await predict(edited))[1], (await predict(cut))[0]);
    }), runs));

  it('cut: every layer is in one part or both, or why not', () =>
    fc.assert(fc.asyncProperty(models, fc.nat(), async (model, pick) => {
      const { path } = pickOf(layersOf(model, (placed) => placed.parents.length === 1), pick);
      const parts = await Promise.all((['before', 'after'] as const).map((keep) => attempt(model, { op: 'cut', layer: path, keep })));
      if (parts.some((part) => typeof part === 'string')) return;
      const names = new Set(parts.flatMap((part) => (part as Model).root.network.layers.map(({ name }) => name)));
      for (const { name } of model.root.network.layers) assert.ok(names.has(name), name);
      for (const part of parts) assert.equal((await predict(part as Model))[0].length, 2 * width);
    }), runs));

  it('setClasses: only the head changes', () =>
    fc.assert(fc.asyncProperty(models, fc.integer({ min: 1, max: 6 }).filter((classes) => classes !== width), async (model, classes) => {
      const edited = await checkSurgeryLaws({ model, operation: { op: 'setClasses', classes }, changes: { weights: [outputOf(model)] } });
      assert.equal((await predict(edited))[0].length, 2 * classes);
    }), runs));

  it('foldBatchNormalization: the numbers stay, or why not', () =>
    fc.assert(fc.asyncProperty(models, async (model) => {
      const edited = await attempt(model, { op: 'foldBatchNormalization' });
      if (typeof edited === 'string') return;
      const [before, after] = [await predict(model), await predict(edited)];
      before[0].forEach((value, index) => assert.ok(Math.abs(value - after[0][index]) < 1e-4, `${after[0][index]} for ${value}`));
    }), runs));
});
