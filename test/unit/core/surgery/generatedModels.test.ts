import fc from 'fast-check';
import assert from 'node:assert/strict';
import { isEffectivelyTrainable, walkLayers, type Layer, type Model } from '../../../../src/core/model/model';
import { applyFreeze } from '../../../../src/core/surgery/flags';
import { headPaths } from '../../../../src/core/surgery/head';
import { applyOperations } from '../../../../src/core/surgery/operations';
import { resolveSelection } from '../../../../src/core/surgery/selection';
import { checkSurgeryLaws, frozenPaths, predict } from '../../../support/surgeryLaws';
import { built, dense, functional, layer, nested, sequential, type Wiring } from './models';

type Block = 'dense' | 'activation' | 'norm' | 'dropout' | 'residual' | 'twice' | 'nested' | 'nested functional';

const width = 3;

/** One block from `from` on: what it adds, and the name of what it gives. Every tensor is a vector of the same size. */
function wire(block: Block, id: number, from: string): { wiring: Wiring; last: string } {
  const name = (part: string): string => `${part}_${id}`;
  const one = (made: Layer): { wiring: Wiring; last: string } => ({ wiring: [[made, [from]]], last: made.name });
  switch (block) {
    case 'dense': return one(dense(name('dense'), width, 'tanh'));
    case 'activation': return one(layer('ReLU', name('ramp')));
    case 'norm': return one(layer('BatchNormalization', name('norm')));
    case 'dropout': return one(layer('Dropout', name('drop'), { rate: 0.5 }));
    case 'residual': return { wiring: [[dense(name('side'), width), [from]], [layer('Add', name('sum')), [from, name('side')]]], last: name('sum') };
    case 'twice': return { wiring: [[dense(name('twin'), width), [from], [`${name('twin')}:0`]]], last: `${name('twin')}:1` };
    case 'nested': return one(nested(name('inner'), sequential([width], [dense('a', width), layer('ReLU', 'b')])));
    case 'nested functional': return one(nested(name('graph'), functional({ q: [width] }, [[dense('a', width), ['q']], [layer('Add', 'b'), ['q', 'a']]], ['b'])));
  }
}

function modelOf(blocks: readonly Block[]): Model {
  const wiring: Wiring[number][] = [];
  let last = 'x';
  for (const [id, block] of [...blocks, 'dense' as const].entries()) {
    const next = wire(block, id, last);
    wiring.push(...next.wiring);
    last = next.last;
  }
  return built(functional({ x: [width] }, wiring, [last]));
}

const blocks = fc.array(fc.constantFrom<Block>('dense', 'activation', 'norm', 'dropout', 'residual', 'twice', 'nested', 'nested functional'), { minLength: 1, maxLength: 6 });
const models = blocks.map(modelOf);
const runs = { numRuns: 60, seed: 20 };

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
