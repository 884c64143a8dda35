import assert from 'node:assert/strict';
import { walkLayers, weightPaths } from '../../../../src/core/model/model';
import type { Model } from '../../../../src/core/model/model';
import { evaluateModel } from '../../../../src/core/run/evaluate';
import type { RunEventBody } from '../../../../src/core/run/events';
import type { MetricValue } from '../../../../src/core/training/metrics/metric';
import { runPlan } from '../../../../src/core/run/runPlan';
import { decodeNumbers } from '../../../../src/core/weights/decode';
import type { Engine } from '../../../../src/core/ports';
import { openEngine } from '../../../../src/engine/openEngine';
import { fitOptions, fitSet, type GoldenFit, goldenFits, tickingClock } from './goldenFits';

const TOLERANCE = 1e-5;

function assertClose(received: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(received.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const allowed = TOLERANCE * Math.max(1, Math.abs(expected[i]));
    assert.ok(Math.abs(received[i] - expected[i]) <= allowed, `${what}[${i}]: ${received[i]}, Keras has ${expected[i]}`);
  }
}

function assertWeights(model: Model, { after }: GoldenFit): void {
  const seen = [...walkLayers(model)].flatMap(({ path, layer }) => weightPaths(path, layer).map((name, index) => ({ name, weight: layer.weights[index] })));
  assert.deepEqual(seen.map(({ name }) => name), Object.keys(after));
  for (const { name, weight } of seen) assertClose(decodeNumbers(weight), after[name].data, name);
}

/** The history as Keras has it: its names, an entry for each epoch. */
function historyOf(events: readonly RunEventBody[]): Record<string, MetricValue[]> {
  const history: Record<string, MetricValue[]> = {};
  for (const event of events) {
    if (event.type !== 'epoch') continue;
    const measured = { loss: event.loss, ...event.metrics };
    const validated = Object.entries(event.validation ?? {}).map(([name, value]) => [`val_${name}`, value] as const);
    for (const [name, value] of [...Object.entries(measured), ...validated]) (history[name] ??= []).push(value);
  }
  return history;
}

describe('fit, judged by real Keras (shuffle off, a short last batch, validation)', () => {
  it('has goldens', () => assert.ok(goldenFits.length >= 30));

  for (const name of ['reference', 'onnxruntime'] as const) {
    describe(name, () => {
      let engine: Engine;
      before(async () => {
        engine = await openEngine(name, { write: () => {} });
        assert.equal(engine.name, name);
      });
      after(() => engine.dispose());

      goldenFits.forEach((fit) => {
        describe(fit.name, () => {
          const events: RunEventBody[] = [];
          let last: Model;

          before(async () => {
            const outcome = await runPlan(fitOptions(fit, engine, events));
            assert.equal(outcome.end.type, 'result', JSON.stringify(outcome.end));
            last = outcome.last;
          });

          it('weights', () => assertWeights(last, fit));

          it('loss and metrics of each epoch', () => {
            const history = historyOf(events);
            assert.deepEqual(Object.keys(history).sort(), Object.keys(fit.history).filter((name) => name !== 'learning_rate').sort());
            for (const [name, values] of Object.entries(history)) assertClose(values.flat(), fit.history[name].flat(), name);
          });

          it('optimizer variables, in order', () => {
            assert.deepEqual(last.optimizerVariables.map(({ shape }) => shape), fit.optimizerVariables.map(({ shape }) => shape));
            last.optimizerVariables.forEach((variable, index) => assertClose(decodeNumbers(variable), fit.optimizerVariables[index].data, variable.name));
          });

          it('evaluate with another batch size', async () => {
            const { loss, metrics } = await evaluateModel(last, fitSet(fit.validation), fit.compile, { engine: engine, clock: tickingClock(), batchSize: 4 });
            assert.deepEqual(Object.keys({ loss, ...metrics }).sort(), Object.keys(fit.evaluation).sort());
            for (const [name, value] of Object.entries({ loss, ...metrics })) assertClose([value].flat(), [fit.evaluation[name]].flat(), name);
          });
        });
      });
    });
  }
});
