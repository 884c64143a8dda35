import assert from 'node:assert/strict';
import { join } from 'node:path';
import { SurgeryError } from '../../../../src/core/errors';
import { concurrently } from '../../../../src/core/verdict/concurrently';
import type { ArmRun, ArmTask } from '../../../../src/core/verdict/runArm';
import type { ArmsOfPlan } from '../../../../src/node/verdict/localRunner';
import { Lanes, type LanesOptions } from '../../../../src/node/verdict/lanes';
import { projectRoot } from '../../../support/cached';

const asked = { plan: { path: '/p.surgery.json' }, arms: [], tuneTransfer: false, others: {} } as unknown as ArmsOfPlan;

function task(order: number): ArmTask {
  return { arm: 'transfer', factor: 1, seeds: { initialization: 0, order, sample: 0 }, classes: null, judgedOn: 'test' };
}

/** A runner of this process that takes a while, so that other lanes come to their part. */
async function slowly({ seeds }: ArmTask): Promise<ArmRun> {
  await new Promise((done) => setTimeout(done, 60));
  return { figures: { loss: seeds.order }, seconds: 1, testSamples: 10, curve: [] };
}

function lanesFor(mode: string, given: Partial<LanesOptions> = {}): Lanes {
  process.env.LANE_STUB = mode;
  return new Lanes({
    own: { lanes: 1, run: slowly }, entry: join(projectRoot, 'test/support/laneStub.ts'), count: 3, asked, engine: { name: 'reference', version: '1' }, features: { memory: 0, disk: 0 }, signal: undefined, ...given,
  });
}

/** Which seeds were answered, and by how many tasks of other processes. */
async function runAll(lanes: Lanes, count: number): Promise<{ orders: number[]; elsewhere: number }> {
  const runs: ArmRun[] = [];
  try {
    await concurrently(Array.from({ length: count }, (_, order) => order), lanes.lanes, async (order) => void (runs[order] = await lanes.run(task(order))));
  } finally {
    lanes.dispose();
  }
  return { orders: runs.map(({ figures }) => figures?.['loss'] ?? -1), elsewhere: runs.filter(({ seconds }) => seconds === 1000).length };
}

describe('the processes that a verdict trains in', function () {
  this.timeout(60_000);
  const count = 80;
  const all = Array.from({ length: count }, (_, order) => order);

  it('share the tasks, and every task has the answer of its own', async () => {
    const { orders, elsewhere } = await runAll(lanesFor('well'), count);
    assert.deepEqual(orders, all);
    assert.ok(elsewhere > 0, 'the others have done some');
  });

  it('are done without where they die, and what they were at is computed again', async () => {
    assert.deepEqual((await runAll(lanesFor('dies'), count)).orders, all);
  });

  it('are done without where they do not come up or have another engine', async () => {
    for (const mode of ['absent', 'other engine']) assert.deepEqual(await runAll(lanesFor(mode), 20), { orders: all.slice(0, 20), elsewhere: 0 }, mode);
    const nowhere = lanesFor('well', { entry: join(projectRoot, 'test/support/nothing.ts') });
    assert.deepEqual(await runAll(nowhere, 10), { orders: all.slice(0, 10), elsewhere: 0 });
  });

  it('are ended where they do not come back from a call, and what they were at is computed again', async () => {
    assert.deepEqual((await runAll(lanesFor('hangs', { silence: 2000 }), count)).orders, all);
  });

  it('tell what is wrong with a task', async () => {
    await assert.rejects(runAll(lanesFor('fails'), count), (thrown) => thrown instanceof SurgeryError && thrown.code === 'data-mismatch');
  });

  it('end where the verdict is stopped', async () => {
    const controller = new AbortController();
    const lanes = lanesFor('well', {
      signal: controller.signal,
      own: { lanes: 1, run: async (each) => (controller.signal.aborted ? Promise.reject(new SurgeryError('stopped', 'stopped')) : slowly(each)) },
    });
    const running = concurrently(Array.from({ length: 10_000 }, (_, order) => order), lanes.lanes, async (order) => {
      // Once another process is at work, however fast this machine is.
      if ((await lanes.run(task(order))).seconds === 1000) controller.abort();
    });
    await assert.rejects(running, (thrown) => thrown instanceof SurgeryError && thrown.code === 'stopped');
  });
});

describe('work on several items at a time', () => {
  it('keeps to their number, and begins none after a failure', async () => {
    let now = 0;
    let most = 0;
    const begun: number[] = [];
    const work = async (item: number): Promise<void> => {
      begun.push(item);
      most = Math.max(most, ++now);
      await new Promise((done) => setTimeout(done, 2));
      now -= 1;
      if (item === 5) throw new Error('five');
    };
    await assert.rejects(concurrently(Array.from({ length: 50 }, (_, item) => item), 3, work), /five/);
    assert.deepEqual([most, now], [3, 0]);
    assert.ok(begun.length < 12);
    await concurrently([], 3, work);
  });
});
