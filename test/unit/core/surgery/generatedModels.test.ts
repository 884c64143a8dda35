import fc from 'fast-check';
import assert from 'node:assert/strict';
import { isEffectivelyTrainable, walkLayers } from '../../../../src/core/model/model';
import { applyFreeze } from '../../../../src/core/surgery/flags';
import { headPaths } from '../../../../src/core/surgery/head';
import { applyOperations } from '../../../../src/core/surgery/operations';
import { resolveSelection } from '../../../../src/core/surgery/selection';
import { checkSurgeryLaws, frozenPaths, predict } from '../../../support/surgeryLaws';
import { blocks, modelOf, models, runs, width } from './generated';

describe('surgery on generated models', () => {
  it('replaceHead leaves all but the head', () =>
    fc.assert(fc.asyncProperty(models, fc.integer({ min: 1, max: 5 }), async (model, units) => {
      const [old] = headPaths(model);
      await checkSurgeryLaws({ model, operation: { op: 'replaceHead', units, activation: 'softmax' }, changes: { removed: [old], added: ['head'], outputs: ['head'] } });
    }), runs));

  it('setTrainable changes the chosen flags and those inside', () =>
    fc.assert(fc.asyncProperty(models, fc.infiniteStream(fc.boolean()), async (model, picks) => {
      const paths = [...walkLayers(model)].map(({ path }) => path);
      const chosen = paths.filter(() => picks.next().value as boolean);
      const frozen = paths.filter((path) => chosen.some((each) => path === each || path.startsWith(`${each}/`)));
      const operation = { op: 'setTrainable', layers: chosen, trainable: false } as const;
      const changes = { flags: Object.fromEntries(frozen.map((path) => [path, false])), samePredictions: true };
      const edited = await checkSurgeryLaws({ model, operation, changes });
      assert.deepEqual(frozenPaths(edited), frozen);
    }), runs));

  it('a freeze set freezes exactly itself, whatever was frozen before', () =>
    fc.assert(fc.property(models, fc.infiniteStream(fc.boolean()), (model, picks) => {
      const paths = [...walkLayers(model)].map(({ path }) => path);
      const before = applyFreeze(model, paths.filter(() => picks.next().value as boolean));
      const after = applyFreeze(before, resolveSelection(before, 'all but head'));
      const open = [...walkLayers(after)].filter((placed) => isEffectivelyTrainable(placed)).map(({ path }) => path);
      assert.deepEqual(open, headPaths(model));
      assert.deepEqual(frozenPaths(applyFreeze(after, [])), []);
    }), runs));

  it('rename keeps what is computed', () =>
    fc.assert(fc.asyncProperty(models, fc.nat(), async (model, pick) => {
      const placed = [...walkLayers(model)].filter(({ layer: { className } }) => className !== 'InputLayer');
      const { path, layer: { name } } = placed[pick % placed.length];
      const renamed = `${path.slice(0, path.length - name.length)}new name`;
      const isOutput = model.root.network.outputs[0].name === path;
      const changes = { renamed: { [path]: renamed }, samePredictions: true, ...(isOutput ? { outputs: ['new name'] } : {}) };
      await checkSurgeryLaws({ model, operation: { op: 'rename', layer: path, name: 'new name' }, changes });
    }), runs));

  it('removeLayers: a layer that computes nothing leaves the predictions', () =>
    fc.assert(fc.asyncProperty(blocks, fc.nat(), async (list, pick) => {
      const at = pick % (list.length + 1);
      const model = modelOf([...list.slice(0, at), 'dropout', ...list.slice(at)]);
      await checkSurgeryLaws({ model, operation: { op: 'removeLayers', layers: [`drop_${at}`] }, changes: { removed: [`drop_${at}`], samePredictions: true } });
    }), runs));

  it('removeLayers: blocks that are cut out were never there', () =>
    fc.assert(fc.asyncProperty(blocks, fc.nat(), async (list, pick) => {
      const model = modelOf(list);
      const at = pick % list.length;
      const gone = model.root.network.layers.map(({ name }) => name).filter((name) => name.endsWith(`_${at}`));
      const edited = await checkSurgeryLaws({ model, operation: { op: 'removeLayers', layers: gone }, changes: { removed: gone } });
      const cut = edited.root.network.layers.map(({ name }) => name);
      assert.deepEqual(cut, model.root.network.layers.map(({ name }) => name).filter((name) => !gone.includes(name)));
      assert.equal((await predict(edited))[0].length, 2 * width);
    }), runs));

  it('operations one after the other are taken back one by one', () =>
    fc.assert(fc.asyncProperty(models, async (model) => {
      const { undo, model: last } = await applyOperations(model, [
        { op: 'setTrainable', layers: 'all but head', trainable: false },
        { op: 'replaceHead', units: 2, activation: 'softmax' },
        { op: 'rename', layer: 'head', name: 'verdict' },
      ], { seed: 0 });
      assert.equal(undo[0], model);
      assert.deepEqual(headPaths(last), ['verdict']);
      assert.deepEqual(headPaths(undo[2]), ['head']);
    }), runs));
});
