import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { SurgeryError } from '../../../../src/core/errors';
import { checkPlanShape, parsePlan, planJsonSchema } from '../../../../src/core/plan/schema';
import { seedsOf } from '../../../../src/core/plan/seeds';

const sample = readFileSync(new URL('../../../../samples/fashion-mnist/transfer.surgery.json', import.meta.url), 'utf8');

/** The sample plan with one change. */
function changed(change: (plan: Record<string, unknown> & { phases: Record<string, unknown>[]; data: Record<string, Record<string, unknown>> }) => void): unknown {
  const plan = JSON.parse(sample) as Parameters<typeof change>[0];
  change(plan);
  return plan;
}

function wheres(data: unknown): readonly string[] {
  const checked = checkPlanShape(data);
  return 'mistakes' in checked ? checked.mistakes.map(({ where }) => where) : [];
}

describe('plan schema', () => {
  it('reads the sample as it stands', () => {
    assert.deepEqual(parsePlan(sample, 'sample'), JSON.parse(sample));
    assert.deepEqual(seedsOf({}), { initialization: 0, order: 0, sample: 0 });
  });

  it('names the place of each mistake', () => {
    assert.deepEqual(wheres(changed((plan) => { plan.phases[0].epochs = 0; })), ['phases[0].epochs']);
    assert.deepEqual(wheres(changed((plan) => { plan.phases[1].batchSize = 0; plan.phases[0].epochs = 1.5; })), ['phases[0].epochs', 'phases[1].batchSize']);
    assert.deepEqual(wheres(changed((plan) => { plan.phases[0].optimizer = { class_name: 'SGD', config: { learning_rate: -1 } }; })), ['phases[0].optimizer.config.learning_rate']);
    assert.deepEqual(wheres(changed((plan) => { plan.phases[0].freeze = 'everything'; })), ['phases[0].freeze']);
    assert.deepEqual(wheres(changed((plan) => { plan.data.train.take = -1; })), ['data.train.take']);
    assert.deepEqual(wheres(changed((plan) => { plan.operations = [{ op: 'replaceHead', units: 0, activation: 'sigmoid' }, { op: 'graft' }]; })), ['operations[0].units', 'operations[1].op']);
    assert.deepEqual(wheres(changed((plan) => { plan.version = 2; })), ['version']);
    assert.deepEqual(wheres(changed((plan) => { plan.phases = []; })), ['phases']);
    assert.deepEqual(wheres([]), ['$']);
  });

  it('refuses a misspelt key', () => {
    const checked = checkPlanShape(changed((plan) => { plan.phases[0].epoch = 3; }));
    assert.ok('mistakes' in checked);
    assert.match(checked.mistakes[0].message, /epoch/);
  });

  it('takes a rate of 0, several outputs, three seeds, no operations', () => {
    const plan = changed((given) => {
      given.phases[0].optimizer = { class_name: 'SGD', config: { learning_rate: 0 } };
      given.compile = { loss: { a: 'mse', b: null }, metrics: { a: ['mae'] }, lossWeights: { a: 1, b: 2 } };
      given.seed = { initialization: 1, order: 2, sample: 3 };
      delete given.operations;
    });
    assert.deepEqual(wheres(plan), []);
    const checked = checkPlanShape(plan);
    assert.deepEqual('plan' in checked && [checked.plan.operations, seedsOf(checked.plan).order], [[], 2]);
  });

  it('throws one error of all mistakes', () => {
    assert.throws(() => parsePlan('{"version": 1', 'x'), (thrown) => thrown instanceof SurgeryError && thrown.code === 'plan-invalid');
    assert.throws(() => parsePlan('{"version": 1}', 'x.surgery.json'), (thrown) => thrown instanceof SurgeryError && thrown.code === 'plan-invalid'
      && ['model', 'data', 'compile', 'phases'].every((key) => thrown.message.includes(`${key}: `)));
  });

  it('is a JSON schema too', () => {
    const schema = planJsonSchema() as { properties: Record<string, unknown>; required: readonly string[] };
    assert.ok('phases' in schema.properties);
    assert.ok(!schema.required.includes('operations'));
  });
});
