import assert from 'node:assert/strict';
import { runPlan } from '../../../../src/core/run/runPlan';
import { type MeasuredPull, proposeFreeze } from '../../../../src/core/run/proposeFreeze';
import { suggestFreeze } from '../../../../src/core/run/suggestFreeze';
import { type Model, walkLayers, weightPaths } from '../../../../src/core/model/model';
import { decodeNumbers } from '../../../../src/core/weights/decode';
import { setFlags } from '../../../../src/core/surgery/flags';
import { ReferenceEngine } from '../../../../src/engine/reference/referenceEngine';
import { fitOptions, goldenFit } from './goldenFits';

function numbers(model: Model): Map<string, number[]> {
  return new Map([...walkLayers(model)].flatMap(({ path, layer }) => weightPaths(path, layer).map((name, index) => [name, Array.from(decodeNumbers(layer.weights[index]))] as const)));
}

function norm(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

describe('what is suggested to be frozen', () => {
  // One batch holds the whole set.
  const options = fitOptions(goldenFit('sgd'), new ReferenceEngine(), []);
  const { model, data: { train }, plan } = options;
  const asked = { engine: new ReferenceEngine(), clock: options.clock, objective: plan.compile, batchSize: train.samples, seed: 0 };

  it('is measured by the gradients with which a step of SGD moves the weights', async () => {
    const { layers, samples } = await suggestFreeze(model, train, asked);
    assert.equal(samples, train.samples);
    const phase = { freeze: 'nothing', optimizer: { class_name: 'SGD', config: { learning_rate: 1 } }, epochs: 1, batchSize: train.samples } as const;
    const { last } = await runPlan({ ...options, plan: { ...plan, phases: [phase] } });
    const [before, after] = [numbers(model), numbers(last)];
    for (const { path, gradientNorm, weightNorm, relativeGradient } of layers) {
      const own = [...before].filter(([name]) => name.startsWith(`${path}/`));
      const moved = own.flatMap(([name, values]) => values.map((value, index) => value - (after.get(name)?.[index] ?? NaN)));
      assert.ok(Math.abs(norm(moved) - gradientNorm) < 1e-5 * gradientNorm, `${path}: ${gradientNorm}, a step moves it by ${norm(moved)}`);
      assert.ok(Math.abs(norm(own.flatMap(([, values]) => values)) - weightNorm) < 1e-6 * weightNorm);
      assert.ok(Math.abs(relativeGradient - gradientNorm / weightNorm) < 1e-12);
    }
  });

  it('does not depend on what is frozen now, changes nothing, and never proposes the head', async () => {
    const open = await suggestFreeze(model, train, asked);
    const frozen = setFlags(model, [...walkLayers(model)].map(({ path }) => path), false);
    assert.deepEqual(await suggestFreeze(frozen, train, asked), open);
    assert.deepEqual(open.layers.filter(({ isHead }) => isHead).map(({ path }) => path), ['classes']);
    assert.ok(!open.freeze.includes('classes'));
  });

  const pull = (path: string, relativeGradient: number, isHead = false): MeasuredPull => ({ path, relativeGradient, gradientNorm: relativeGradient, weightNorm: 1, isHead });

  it('proposes the layers that are pulled less than a tenth of the one that is pulled most, the head aside', () => {
    const { freeze, operation, reason, layers } = proposeFreeze([pull('a', 0.009), pull('b', 0.1), pull('c', 0.011), pull('head', 5, true)], 200);
    assert.deepEqual(freeze, ['a']);
    assert.deepEqual(operation, { op: 'setTrainable', layers: ['a'], trainable: false });
    assert.deepEqual(layers.map((layer) => layer.freeze), [true, false, false, false]);
    assert.equal(reason, 'b is pulled most (gradient 1.0e-1 of its weights); a less than a tenth of that: it fits the new data already.');
  });

  it('proposes nothing where all are pulled alike, where nothing is pulled, and where there is only a head', () => {
    for (const pulls of [[pull('a', 0.1), pull('b', 0.2)], [pull('a', 0), pull('b', 0)], [pull('head', 1, true)]]) {
      const { freeze, operation, reason } = proposeFreeze(pulls, 1);
      assert.deepEqual([freeze, operation], [[], null]);
      assert.ok(reason.length > 20);
    }
  });
});
