import assert from 'node:assert/strict';
import { type Model, walkLayers } from '../../../../src/core/model/model';
import type { Engine, EngineName } from '../../../../src/core/ports';
import { applyFreeze } from '../../../../src/core/surgery/flags';
import { findPrefix } from '../../../../src/core/training/prefix';
import { openEngine } from '../../../../src/engine/openEngine';
import { chain, dense, dropout, epochsOf, frozenCases, trainFrozen } from './frozenRuns';
import { fitModel, goldenFit } from './goldenFits';

const engines: readonly EngineName[] = ['onnxruntime', 'onnxruntime-wasm'];

describe('the frozen prefix, computed once, gives the same bytes', () => {
  for (const name of engines) {
    describe(name, () => {
      let engine: Engine;
      before(async () => {
        engine = await openEngine(name, { write: () => {} });
        assert.equal(engine.name, name);
      });
      after(() => engine.dispose());

      frozenCases().forEach(({ name: title, cached, change }) => {
        it(title, async () => {
          const with_ = await trainFrozen(change, engine, { cachePrefix: true });
          const without = await trainFrozen(change, engine, { cachePrefix: false });
          const phase = with_.events.find((event) => event.type === 'phase');
          assert.deepEqual(phase?.cachedPrefix, cached);
          assert.deepEqual(with_.bytes, without.bytes);
          assert.deepEqual(epochsOf(with_), epochsOf(without));
        });
      });
    });
  }
});

describe('the frozen prefix on the reference engine', () => {
  it('is refused with the reason: float64 would be rounded', async () => {
    const engine = await openEngine('reference', { write: () => {} });
    const [{ change }] = frozenCases();
    const { events } = await trainFrozen(change, engine, { cachePrefix: true });
    const phase = events.find((event) => event.type === 'phase');
    assert.deepEqual(phase?.cachedPrefix, []);
    assert.match(phase.cacheEnds ?? '', /float64/);
  });
});

describe('the frozen prefix ends', () => {
  const frozenBut = (model: Model, open: readonly string[]): Model =>
    applyFreeze(model, [...walkLayers(model)].map(({ path }) => path).filter((path) => !open.includes(path)));

  it('at the first trainable layer', () => {
    const prefix = findPrefix(frozenBut(fitModel(goldenFit('cnn_sgd')), ['norm']));
    assert.deepEqual(prefix, { keys: ['conv:0:0'], needless: ['image'], layers: ['conv'], ends: null });
  });

  it('at a dropout, and says so', () => {
    const model = chain(4, [dense('first', [4, 3], 'relu'), dropout(0.5), dense('second', [3, 3], 'relu'), dense('head', [3, 1], 'linear')]);
    const { layers, ends } = findPrefix(frozenBut(model, ['head']));
    assert.deepEqual(layers, ['first']);
    assert.match(ends ?? '', /^drop: /);
  });

  it('not at a dropout that drops nothing', () => {
    const model = chain(4, [dense('first', [4, 3], 'relu'), dropout(0), dense('head', [3, 1], 'linear')]);
    assert.deepEqual(findPrefix(frozenBut(model, ['head'])).layers, ['first', 'drop']);
  });

  it('at a layer that adds to the loss', () => {
    const model = fitModel(goldenFit('regularized'));
    const { layers, ends } = findPrefix(frozenBut(model, ['classes']));
    assert.deepEqual(layers, []);
    assert.match(ends ?? '', /^hidden: it adds to the loss/);
  });

  it('before an output of the model, which a loss may look through', () => {
    const model = fitModel(goldenFit('several'));
    const { layers, keys, needless } = findPrefix(frozenBut(model, ['size']));
    assert.deepEqual(layers, ['join', 'body']);
    assert.deepEqual([keys, needless], [['body:0:0'], ['a', 'b']]);
  });

  it('is empty where nothing frozen has weights', () => {
    assert.deepEqual(findPrefix(fitModel(goldenFit('sgd'))).layers, []);
  });
});
