import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SurgeryError } from '../../../../src/core/errors';
import type { Plan } from '../../../../src/core/plan/plan';
import type { Engine } from '../../../../src/core/ports';
import type { RunEvent } from '../../../../src/core/run/events';
import { openEngine } from '../../../../src/engine/openEngine';
import { openPlan, openPlannedModel, type OpenedPlan } from '../../../../src/node/jobs/planFile';
import { runPlanJob } from '../../../../src/node/jobs/runPlan';
import { copySample } from '../../../support/sampleCopy';

const copy = copySample();
const samples = copy.folder;
const code = (expected: string) => (thrown: unknown): boolean => thrown instanceof SurgeryError && thrown.code === expected;

describe('run of a plan', () => {
  let folder = '';
  let engine: Engine;
  let sample: OpenedPlan;
  before(async () => {
    engine = await openEngine('onnxruntime', { write: () => {} });
    sample = await openPlan(join(samples, 'transfer.surgery.json'));
  });
  after(async () => {
    await engine.dispose();
    copy.remove();
  });
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'run-plan-')); });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = async (change: (plan: Plan) => Plan, out: string): Promise<RunEvent> => {
    const plan = { ...sample, plan: change(sample.plan) };
    return runPlanJob({ model: await openPlannedModel(plan), plan, engine, out, onEvent: () => {} });
  };

  it('that fails says so in its log, and leaves no model', async () => {
    const diverging = { class_name: 'SGD', config: { learning_rate: 1e30 } };
    await assert.rejects(run((plan) => ({ ...plan, phases: [{ ...plan.phases[1], optimizer: diverging }] }), folder), code('not-finite'));
    assert.deepEqual(readdirSync(folder), ['events.jsonl']);
    const last = JSON.parse(readFileSync(join(folder, 'events.jsonl'), 'utf8').trimEnd().split('\n').at(-1) ?? '') as RunEvent;
    assert.ok(last.type === 'failed' && last.error.code === 'not-finite');
  });

  it('writes over none of its inputs', async () => {
    for (const name of ['my_model_A.keras', 'pool-images.idx3.gz', 'transfer.surgery.json']) {
      await assert.rejects(run((plan) => plan, join(samples, name)), code('output-refused'), name);
    }
  });

  it('sweeps what a killed run left half written, and nothing else', async () => {
    for (const name of ['.model.keras.0123456789ab.tmp', '.mine.tmp', 'notes.txt']) writeFileSync(join(folder, name), '');
    await run((plan) => ({ ...plan, phases: [{ ...plan.phases[0], epochs: 1 }] }), folder);
    assert.deepEqual(readdirSync(folder).sort(), ['.mine.tmp', 'best.keras', 'events.jsonl', 'model.keras', 'notes.txt']);
  });
});
