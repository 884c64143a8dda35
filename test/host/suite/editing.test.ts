import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Inspection } from '../../../src/core/inspect/inspection';
import { compileState, flags, inWorkspace, refused, run } from './session';

const model = (): string => inWorkspace('my_model_A.keras');

export function describeEditing(): void {
  describe('editing', () => {
    let opened: Inspection;
    beforeEach(async () => { opened = await run<Inspection>('openModel', model()); });

    it('freezes all but the head, says how many flags changed, and opens all again', async () => {
      const frozen = await run<Inspection>('freezeAllButHead');
      assert.deepEqual(Object.values(flags(frozen)), [false, false, false, false, false, false, true]);
      assert.equal(frozen.parameters.trainable + frozen.parameters.frozen, frozen.parameters.total);
      assert.equal(await compileState(), 'changed since compile: 6 flags');
      assert.deepEqual(flags(await run<Inspection>('unfreezeAll')), flags(opened));
      assert.equal(await compileState(), 'compiled');
    });

    it('freezes, unfreezes and toggles one layer', async () => {
      const path = opened.layers[1]?.path ?? '';
      assert.equal(flags(await run<Inspection>('freezeLayer', path))[path], false);
      assert.equal(flags(await run<Inspection>('unfreezeLayer', path))[path], true);
      assert.equal(flags(await run<Inspection>('toggleTrainable', path))[path], false);
      assert.equal(await compileState(), 'changed since compile: 1 flag');
      await run('recompile');
      assert.equal(await compileState(), 'compiled');
    });

    it('loses no edit of many at once', async () => {
      const paths = opened.layers.map(({ path }) => path);
      await Promise.all(paths.map((path) => run('toggleTrainable', path)));
      assert.deepEqual(Object.values(flags(await run<Inspection>('inspect'))), paths.map(() => false));
    });

    it('replaces the head, renames and removes layers, and undoes it all', async () => {
      const replaced = await run<Inspection>('replaceHead', { units: 3, activation: 'softmax' });
      assert.deepEqual(replaced.layers.at(-1)?.outputShape, [null, 3]);
      assert.equal(await compileState(), 'changed since compile: layers');
      const name = replaced.layers[1]?.path ?? '';
      assert.ok((await run<Inspection>('renameLayer', { layer: name, name: 'first' })).layers.some(({ path }) => path === 'first'));
      assert.equal((await run<Inspection>('removeLayers', { last: 1 })).layers.length, opened.layers.length - 1);
      for (let step = 0; step < 3; step++) await run('undoEdit');
      assert.deepEqual(await run('inspect'), opened);
      assert.equal(await compileState(), 'compiled');
      assert.deepEqual(await run('redoEdit'), replaced);
    });

    it('refuses wrong arguments and unknown layers, and has changed nothing', async () => {
      await refused('usage', run('replaceHead', { units: 'many' }));
      await refused('usage', run('replaceHead', { units: 0, activation: 'sigmoid' }));
      await refused('usage', run('replaceHead', { units: 1, activation: 'sigmoid', colour: 'red' }));
      await refused('usage', run('setTrainable', { layers: 'some', trainable: true }));
      await refused('usage', run('freezeLayer', 7));
      await refused('layer-unknown', run('freezeLayer', 'nobody'));
      await refused('layer-unknown', run('toggleTrainable', 'nobody'));
      await assert.rejects(run('renameLayer', { layer: opened.layers[1]?.path, name: opened.layers[2]?.name }));
      assert.deepEqual(await run('inspect'), opened);
    });

    it('never writes the source', async () => {
      const hash = async (): Promise<string> => createHash('sha256').update(await readFile(model())).digest('hex');
      const before = await hash();
      await run('replaceHead', { units: 1, activation: 'sigmoid' });
      assert.equal(await hash(), before);
    });
  });
}
