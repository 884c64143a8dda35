import assert from 'node:assert/strict';
import { convergenceOf, hasConverged, stillFalling } from '../../../../src/core/run/convergence';
import { checkPlanShape } from '../../../../src/core/plan/schema';
import type { PhasePlan } from '../../../../src/core/plan/plan';
import type { RunEventBody } from '../../../../src/core/run/events';
import { runPlan } from '../../../../src/core/run/runPlan';
import { ReferenceEngine } from '../../../../src/engine/reference/referenceEngine';
import { fitOptions, goldenFit } from './goldenFits';

const usual = { patience: 2, minChange: 0.01 };

describe('convergence of a phase', () => {
  it('comes after so many epochs in a row without a gain', () => {
    assert.equal(hasConverged([1, 0.5, 0.3], usual), false);
    assert.equal(hasConverged([1, 0.5, 0.499], usual), false);
    assert.equal(hasConverged([1, 0.5, 0.499, 0.498], usual), true);
    assert.equal(hasConverged([1, 0.5, 0.499, 0.49], usual), false, 'a slow fall adds up against the lowest');
    assert.equal(hasConverged([1, 0.5, 0.6, 0.4, 0.6], usual), false, 'a gain starts the count anew');
    assert.equal(hasConverged([1, 1.2], { patience: 1, minChange: 0.01 }), true);
    assert.equal(hasConverged([-1, -2, -3], usual), false, 'losses may be negative');
  });

  it('has its parameters from the plan, or the usual ones', () => {
    assert.equal(convergenceOf({}), null);
    assert.deepEqual(convergenceOf({ until: 'head converged' }), usual);
    assert.deepEqual(convergenceOf({ until: { is: 'head converged', patience: 5 } }), { patience: 5, minChange: 0.01 });
  });

  it('says by how much the loss was still falling', () => {
    assert.equal(stillFalling([1]), null);
    assert.ok(Math.abs((stillFalling([1, 0.8]) ?? 0) - 0.2) < 1e-12);
    assert.equal(stillFalling([1, 0.5, 0.499]), null);
    assert.equal(stillFalling([1, 0.5, 0.7, 0.6]), null);
  });

  it('is checked with the plan', () => {
    const mistakes = (until: unknown): readonly string[] => {
      const phase = { freeze: 'all but head', optimizer: 'SGD', epochs: 5, batchSize: 8, until };
      const checked = checkPlanShape({ version: 1, model: 'm.keras', data: { train: { inputs: 'x', targets: 'y' } }, compile: { loss: 'mse' }, phases: [phase] });
      return 'mistakes' in checked ? checked.mistakes.map(({ where }) => where) : [];
    };
    assert.deepEqual(mistakes('head converged'), []);
    assert.deepEqual(mistakes({ is: 'head converged', patience: 3, minChange: 0.05 }), []);
    assert.deepEqual(mistakes('done'), ['phases[0].until']);
    assert.deepEqual(mistakes({ is: 'head converged', patience: 0 }), ['phases[0].until.patience']);
    assert.deepEqual(mistakes({ is: 'head converged', patient: 3 }), ['phases[0].until.patient']);
  });
});

describe('a phase that waits for its head', () => {
  const run = async (phase: Partial<PhasePlan>): Promise<RunEventBody[]> => {
    const events: RunEventBody[] = [];
    const options = fitOptions(goldenFit('sgd'), new ReferenceEngine(), events);
    const first: PhasePlan = { freeze: 'all but head', optimizer: { class_name: 'SGD', config: { learning_rate: 0.1 } }, epochs: 40, batchSize: 8, ...phase };
    const second: PhasePlan = { freeze: 'nothing', optimizer: { class_name: 'SGD', config: { learning_rate: 0.001 } }, epochs: 1, batchSize: 8 };
    await runPlan({ ...options, plan: { compile: options.plan.compile, phases: [first, second] } });
    return events.filter(({ type }) => type !== 'progress');
  };
  const epochsOf = (events: readonly RunEventBody[]): number => events.filter((event) => event.type === 'epoch' && event.phase === 1).length;

  it('ends where its validation loss has stopped falling, and the next one begins without a warning', async () => {
    const events = await run({ until: { is: 'head converged', patience: 2, minChange: 0.2 } });
    const converged = events.find((event) => event.type === 'converged');
    assert.ok(converged?.type === 'converged' && converged.epoch < 40);
    assert.equal(epochsOf(events), converged.epoch);
    const losses = events.flatMap((event) => (event.type === 'epoch' && event.phase === 1 ? [event.validation?.loss ?? NaN] : []));
    assert.equal(hasConverged(losses, { patience: 2, minChange: 0.2 }), true);
    assert.equal(hasConverged(losses.slice(0, -1), { patience: 2, minChange: 0.2 }), false);
    assert.ok(events.some((event) => event.type === 'epoch' && event.phase === 2));
  });

  it('runs to its last epoch where it never does, and that is pointed out', async () => {
    const events = await run({ epochs: 2, until: 'head converged' });
    assert.equal(epochsOf(events), 2);
    const warning = events.find((event) => event.type === 'not-converged');
    assert.ok(warning?.type === 'not-converged' && warning.falling > 0.01 && warning.message.includes('phase 2'));
  });

  it('says nothing of a phase after which nothing is unfrozen', async () => {
    const events = await run({ epochs: 2, freeze: 'nothing' });
    assert.ok(events.every(({ type }) => type !== 'not-converged'));
  });
});
