import assert from 'node:assert/strict';
import { writeKeras } from '../../../../src/core/formats/writeKeras';
import type { PhasePlan } from '../../../../src/core/plan/plan';
import type { Checkpoint } from '../../../../src/core/run/checkpoint';
import type { RunEventBody } from '../../../../src/core/run/events';
import { runIdentity } from '../../../../src/core/run/runIdentity';
import { type RunOptions, type RunOutcome, runPlan } from '../../../../src/core/run/runPlan';
import { pack, unpack } from '../../../../src/node/checkpoint/pack';
import { ReferenceEngine } from '../../../../src/engine/reference/referenceEngine';
import { fitOptions, goldenFit, sha256 } from './goldenFits';

const optimizers: Readonly<Record<string, PhasePlan['optimizer']>> = {
  adam: { class_name: 'Adam', config: { learning_rate: 0.01, amsgrad: true } },
  momentum: { class_name: 'SGD', config: { learning_rate: { class_name: 'ExponentialDecay', config: { initial_learning_rate: 0.1, decay_steps: 3, decay_rate: 0.9 } }, momentum: 0.9, nesterov: true } },
};

/** Two phases of three batches an epoch, the last one short. */
function options(optimizer: PhasePlan['optimizer'], events: RunEventBody[] = []): RunOptions {
  const made = fitOptions(goldenFit('sgd'), new ReferenceEngine(), events);
  const { data } = made;
  return {
    ...made,
    plan: {
      compile: made.plan.compile,
      phases: [
        { name: 'head', freeze: 'all but head', optimizer: optimizers.momentum, epochs: 2, batchSize: 8 },
        { freeze: 'nothing', optimizer, epochs: 2, batchSize: 8 },
      ],
    },
    data: { ...data, ...(data.validation ? { test: data.validation } : {}) },
    // Every look takes longer than a chunk of steps may, so that steps run one by one.
    clock: ((time) => ({ now: () => (time += 30) }))(0),
  };
}

/** A run that says nothing of time. */
function timeless(events: readonly RunEventBody[]): unknown[] {
  return events.filter(({ type }) => type !== 'progress').map((event) => ('seconds' in event ? { ...event, seconds: 0 } : event));
}

async function bytesOf({ last, best }: RunOutcome): Promise<(string | null)[]> {
  return [sha256(await writeKeras(last)), best && sha256(await writeKeras(best))];
}

interface Saved {
  readonly checkpoint: Checkpoint;
  /** What had been emitted. */
  readonly events: readonly RunEventBody[];
}

/** A whole run with a checkpoint at every place where there may be one, each as it comes back from the disk. */
async function recorded(optimizer: PhasePlan['optimizer']): Promise<{ readonly events: RunEventBody[]; readonly outcome: RunOutcome; readonly saved: Saved[] }> {
  const events: RunEventBody[] = [];
  const saved: Saved[] = [];
  const outcome = await runPlan({
    ...options(optimizer, events),
    checkpoints: {
      due: () => true,
      save: (checkpoint) => {
        saved.push({ checkpoint: unpack(pack(checkpoint)) as Checkpoint, events: [...events] });
        return Promise.resolve();
      },
    },
  });
  return { events, outcome, saved };
}

describe('a run that goes on from a checkpoint', () => {
  for (const [name, optimizer] of Object.entries(optimizers)) {
    it(`${name}: ends as one that never stopped, from every place, bit for bit`, async () => {
      const whole = await recorded(optimizer);
      assert.equal(whole.saved.length, 12, 'after each batch of 2 phases, 2 epochs, 3 batches');
      const expected = await bytesOf(whole.outcome);
      for (const { checkpoint, events: before } of whole.saved) {
        const events = [...before];
        const resumed = await runPlan({ ...options(optimizer, events), resume: checkpoint });
        assert.deepEqual(await bytesOf(resumed), expected, JSON.stringify(checkpoint.position));
        assert.deepEqual(timeless(events), timeless(whole.events));
      }
    });
  }

  it('a stop leaves a checkpoint, wherever it comes', async () => {
    const whole = await recorded(optimizers.adam);
    const expected = await bytesOf(whole.outcome);
    const stops = new Set<string>();
    for (let look = 1; look <= 40; look++) {
      const controller = new AbortController();
      const events: RunEventBody[] = [];
      const made = options(optimizers.adam, events);
      const left: Saved[] = [];
      let looks = 0;
      const clock = { now: (): number => { if (++looks === 3 * look) controller.abort(); return 30 * looks; } };
      const stopped = await runPlan({ ...made, clock, signal: controller.signal, checkpoints: { due: () => false, save: (checkpoint) => { left.push({ checkpoint: unpack(pack(checkpoint)) as Checkpoint, events: [...events] }); return Promise.resolve(); } } });
      if (stopped.end.type === 'result') break;
      assert.equal(left.length, 1);
      const [{ checkpoint, events: before }] = left;
      stops.add(checkpoint.position === null ? `before ${checkpoint.done}` : `phase ${checkpoint.done}, step ${checkpoint.position.step}`);
      const after = [...before];
      assert.deepEqual(await bytesOf(await runPlan({ ...options(optimizers.adam, after), resume: checkpoint })), expected);
      assert.deepEqual(timeless(after), timeless(whole.events));
    }
    assert.ok(stops.size > 6 && stops.has('phase 0, step 3') && stops.has('before 2'), [...stops].join('; '));
  });

  it('has an identity that changes with all that decides its numbers, and with nothing else', () => {
    const one = options(optimizers.adam);
    const identity = runIdentity(one);
    assert.equal(runIdentity(options(optimizers.adam)), identity);
    const [input] = Object.keys(one.data.train.inputs);
    const array = one.data.train.inputs[input];
    const moved = array.data.slice();
    moved[0] += 1;
    const others: RunOptions[] = [
      { ...one, seed: { ...one.seed, order: 5 } },
      { ...one, phases: [1] },
      { ...one, plan: { ...one.plan, phases: [{ ...one.plan.phases[0], epochs: 3 }, one.plan.phases[1]] } },
      { ...one, plan: { ...one.plan, compile: { ...one.plan.compile, metrics: [] } } },
      { ...one, data: { ...one.data, train: { ...one.data.train, inputs: { [input]: { ...array, data: moved } } } } },
    ];
    assert.equal(new Set([identity, ...others.map(runIdentity)]).size, others.length + 1);
  });
});
