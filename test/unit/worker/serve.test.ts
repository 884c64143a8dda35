import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { SurgeryError } from '../../../src/core/errors';
import type { Handlers } from '../../../src/protocol/channel';
import { Channel } from '../../../src/protocol/channel';
import { workerAskGuards } from '../../../src/protocol/guards';
import { processPort, type MessagingProcess } from '../../../src/protocol/processPort';
import type { SupervisedCalls } from '../../../src/protocol/supervision';
import type { WorkerCalls, WorkerEvents } from '../../../src/protocol/workerCalls';
import { serve } from '../../../src/worker/serve';

/** Two processes that hear each other, as `fork` joins them. */
function pair(): [MessagingProcess & EventEmitter, MessagingProcess & EventEmitter] {
  const [a, b] = [new EventEmitter(), new EventEmitter()];
  const send = (other: EventEmitter) => (message: unknown) => {
    queueMicrotask(() => other.emit('message', structuredClone(message)));
    return true;
  };
  return [Object.assign(a, { send: send(b) }), Object.assign(b, { send: send(a) })];
}

const none = (): never => { throw new SurgeryError('unsupported', 'not in this test'); };
const handlers: Handlers<WorkerCalls> = {
  inspect: none, graph: none, weights: none, weightSlice: none, train: none, replayRun: none, evaluate: none, export: none, clearFeatures: none, installTensorflow: none, engines: () => [], checkPlan: none, describeData: none,
  weightFigures: none, weightFilters: none, diffSlice: none, weightSpectrum: none, weightRows: none, exportWeight: none, diff: none, diffWeight: none, proposeTransplant: none,
  verdict: none, verdictReport: none, ledger: none, annotateRun: none, suggestFreeze: none,
};

function start(given: Partial<Handlers<WorkerCalls>>, grace = 1000) {
  const [here, there] = pair();
  const ended: number[] = [];
  const tell = serve(there, { handlers: () => ({ ...handlers, ...given }), guards: workerAskGuards, end: () => ended.push(1), grace });
  const channel = new Channel<SupervisedCalls, Record<string, never>, Record<string, never>, WorkerEvents>(processPort(here), {
    handlers: {}, listeners: { run: () => {}, verdict: () => {}, log: () => {}, install: () => {} },
  });
  return { channel, tell, ended, disconnect: () => void there.emit('disconnect') };
}

describe('serve', () => {
  it('answers, and gives a sign of life', async () => {
    const { channel } = start({});
    assert.deepEqual(await channel.ask('engines', { engine: 'auto' }), []);
    assert.ok(await channel.ask('heartbeat', null) > 0);
  });

  it('refuses an ask of another shape, naming the field', async () => {
    const { channel } = start({});
    const wrong = { path: 'relative/model.keras', operations: [], seed: 0 };
    await assert.rejects(channel.ask('inspect', wrong), (thrown) => thrown instanceof SurgeryError && thrown.code === 'usage' && thrown.where === 'inspect.path');
    const deep = { path: '/m.keras', operations: [{ op: 1 }], seed: 0 } as unknown as WorkerCalls['inspect']['ask'];
    await assert.rejects(channel.ask('inspect', deep), (thrown) => thrown instanceof SurgeryError && thrown.where === 'inspect.operations.0.op');
  });

  it('ends with its parent once what ran has stopped', async () => {
    const seen: string[] = [];
    const { channel, ended, disconnect } = start({
      engines: (_, signal) => new Promise((resolve) => {
        seen.push('runs');
        signal.addEventListener('abort', () => setTimeout(() => { seen.push('checkpoint'); resolve([]); }, 20));
      }),
    });
    void channel.ask('engines', { engine: 'auto' }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 5));
    disconnect();
    assert.deepEqual([seen, ended], [['runs'], []]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.deepEqual([seen, ended], [['runs', 'checkpoint'], [1]]);
  });

  it('ends although what runs does not', async () => {
    const { channel, ended, disconnect } = start({ engines: () => new Promise(() => {}) }, 20);
    void channel.ask('engines', { engine: 'auto' }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 5));
    disconnect();
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.deepEqual(ended, [1]);
  });
});
