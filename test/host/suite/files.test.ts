import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Inspection } from '../../../src/core/inspect/inspection';
import type { Plan } from '../../../src/core/plan/plan';
import { api, flags, inWorkspace, refused, run } from './session';

const model = (): string => inWorkspace('my_model_A.keras');

interface Exported { readonly path: string; readonly format: string; readonly sha256: string }
interface Figures { readonly name: string; readonly shape: readonly number[]; readonly mean: number; readonly std: number; readonly nan: number; readonly inf: number }

export function describeFiles(): void {
  describe('files', () => {
    beforeEach(() => run('openModel', model()));

    it('exports the edited model, which opens with the flags and the head it was given', async () => {
      await run('replaceHead', { units: 1, activation: 'sigmoid' });
      const edited = await run<Inspection>('freezeAllButHead');
      const out = inWorkspace('exported.keras');
      const written = await run<Exported>('exportModel', { to: 'keras', out });
      assert.deepEqual([written.path, written.format], [out, 'keras']);
      const reopened = await run<Inspection>('openModel', out);
      assert.equal(reopened.sha256, written.sha256);
      assert.deepEqual(flags(reopened), flags(edited));
      assert.deepEqual(reopened.parameters, edited.parameters);
    });

    it('refuses formats it does not know, places that are not absolute, and the source', async () => {
      await refused('usage', run('exportModel', { to: 'png', out: inWorkspace('x.png') }));
      await refused('usage', run('exportModel', { to: 'keras', out: 'x.keras' }));
      await refused('usage', run('exportModel', { out: inWorkspace('x.keras') }));
      await refused('output-refused', run('exportModel', { to: 'keras', out: model() }));
    });

    it('leaves the other engines where TensorFlow cannot be installed', async () => {
      await refused('engine-unavailable', run('installTensorFlowEngine', { from: inWorkspace('.') }));
      await refused('usage', run('installTensorFlowEngine', { folder: inWorkspace('.') }));
      assert.deepEqual(await run('selectEngine', 'onnxruntime'), { engine: 'onnxruntime' });
      await run('selectEngine', 'auto');
    });

    it('clones into a file of its own and opens it', async () => {
      const { path } = await run<Exported>('clone');
      assert.equal(path, inWorkspace('my_model_A-clone.keras'));
      assert.equal((await api()).current()?.path, path);
      await refused('usage', run('clone', { out: 'relative.keras' }));
    });

    it('gives the figures of each weight of a layer', async () => {
      const { layers } = await run<Inspection>('inspect');
      const dense = layers.find(({ class: name }) => name === 'Dense');
      const { path, weights } = await run<{ path: string; weights: readonly Figures[] }>('inspectWeights', dense?.path);
      assert.equal(path, dense?.path);
      assert.deepEqual(weights.map(({ name, shape, nan, inf }) => [name, shape, nan, inf]), [['kernel', [784, 300], 0, 0], ['bias', [300], 0, 0]]);
      assert.ok(weights.every(({ mean, std }) => Math.abs(mean) < 1 && std > 0 && std < 1));
      await refused('layer-unknown', run('inspectWeights', 'nobody'));
      await refused('usage', run('inspectWeights', { nothing: 1 }));
    });

    it('writes a plan beside a model that has none, with head, loss and phases from the model', async () => {
      const alone = inWorkspace('alone/model.keras');
      await mkdir(dirname(alone), { recursive: true });
      await copyFile(model(), alone);
      await run('openModel', alone);
      const set = { inputs: inWorkspace('pool-images.idx3.gz'), targets: inWorkspace('pool-labels.idx1.gz'), classes: { 5: 0, 6: 1 }, scale: 1 / 255 };
      const { path } = await run<{ path: string; plan: Plan }>('createPlan', { data: { train: set }, head: { units: 1, activation: 'sigmoid' } });
      assert.equal(path, join(dirname(alone), 'model.surgery.json'));
      const plan = JSON.parse(await readFile(path, 'utf8')) as Plan;
      assert.deepEqual([plan.model, plan.data.train.inputs, plan.compile.loss], ['model.keras', '../pool-images.idx3.gz', 'binary_crossentropy']);
      assert.deepEqual(plan.phases.map(({ freeze }) => freeze), ['all but head', 'nothing']);
      assert.deepEqual((await run<Inspection>('inspect')).layers.at(-1)?.outputShape, [null, 1]);
      await refused('usage', run('createPlan', { data: {} }));
      const missing = inWorkspace('alone/missing.surgery.json');
      await refused('plan-invalid', run('createPlan', { data: { train: { ...set, targets: 'nobody.npy' } }, out: missing }));
      assert.equal(existsSync(missing), false);
    });
  });
}
