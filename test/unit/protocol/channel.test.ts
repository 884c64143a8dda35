import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { SurgeryError } from '../../../src/core/errors';
import { Channel, protocolVersion, type Port } from '../../../src/protocol/channel';

type Calls = { double: { ask: number; reply: number }; hang: { ask: null; reply: string } };
type Events = { tick: number };
type None = object;

/** Two ports that hand over in memory, in order. */
function pair(): { left: Port; right: Port; cut: () => void; toRight: (message: unknown) => void } {
  const messages = [new Set<(m: unknown) => void>(), new Set<(m: unknown) => void>()] as const;
  const closes = new Set<() => void>();
  const port = (from: 0 | 1): Port => ({
    post: (message) => queueMicrotask(() => { for (const listener of messages[from === 0 ? 1 : 0]) listener(message); }),
    onMessage: (listener) => { messages[from].add(listener); return () => void messages[from].delete(listener); },
    onClose: (listener) => { closes.add(listener); return () => void closes.delete(listener); },
  });
  return { left: port(0), right: port(1), cut: () => { for (const close of [...closes]) close(); }, toRight: (m) => { for (const l of [...messages[1]]) l(m); } };
}

function talk(heard: number[] = []) {
  const wires = pair();
  const server = new Channel<None, Events, Calls, None>(wires.right, {
    handlers: {
      double: (value) => value * 2,
      hang: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('stopped at the batch'))),
    },
    listeners: {},
    askGuards: { double: (value) => { if (typeof value !== 'number') throw new SurgeryError('usage', 'not a number', { received: typeof value }); } },
  });
  const client = new Channel<Calls, None, None, Events>(wires.left, { handlers: {}, listeners: { tick: (n) => heard.push(n) } });
  return { ...wires, server, client };
}

const code = (expected: string) => (thrown: unknown) => thrown instanceof SurgeryError && thrown.code === expected;

describe('channel', () => {
  it('replies, and passes events on', async () => {
    const heard: number[] = [];
    const { client, server } = talk(heard);
    server.tell('tick', 7);
    assert.equal(await client.ask('double', 21), 42);
    assert.deepEqual(heard, [7]);
  });

  it('fails with the record of the other side', async () => {
    const { client } = talk();
    await assert.rejects(client.ask('double', 'x' as unknown as number), (thrown) => code('usage')(thrown) && (thrown as SurgeryError).received === 'string');
    await assert.rejects(client.ask('constructor' as 'double', 1), code('usage'));
  });

  it('lets an aborted ask end with the last word of the other side', async () => {
    const { client } = talk();
    const controller = new AbortController();
    const answer = client.ask('hang', null, controller.signal);
    setTimeout(() => controller.abort(), 5);
    assert.equal(await answer, 'stopped at the batch');
    await assert.rejects(client.ask('hang', null, controller.signal), code('stopped'));
  });

  it('rejects all that wait when it closes, and all that come later', async () => {
    const { client, cut } = talk();
    const waiting = [client.ask('hang', null), client.ask('hang', null)];
    cut();
    for (const ask of waiting) await assert.rejects(ask, code('worker-ended'));
    await assert.rejects(client.ask('double', 1), code('worker-ended'));
  });

  it('refuses another version of the protocol', async () => {
    const { client, left, server } = talk();
    left.post({ kind: 'hello', version: protocolVersion + 1 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.throws(() => { throw (server as unknown as { closed: Error }).closed; }, code('worker-ended'));
    client.close('end of test');
  });

  it('survives anything that is posted to it', async () => {
    const { client, toRight } = talk();
    const nearly = fc.record({ kind: fc.constantFrom('ask', 'reply', 'fail', 'abort', 'event'), id: fc.anything(), name: fc.anything(), value: fc.anything(), error: fc.anything() });
    fc.assert(fc.property(fc.oneof(fc.anything(), nearly), (message) => toRight(message)));
    assert.equal(await client.ask('double', 4), 8);
  });

  it('carries typed arrays whole over a real message port', async () => {
    const { port1, port2 } = new MessageChannel();
    const over = (port: typeof port1): Port => ({
      post: (message) => port.postMessage(message),
      onMessage: (listener) => { port.on('message', listener); return () => void port.off('message', listener); },
      onClose: (listener) => { port.on('close', listener); return () => void port.off('close', listener); },
    });
    type Slice = { slice: { ask: null; reply: Float32Array } };
    const server = new Channel<None, None, Slice, None>(over(port2), { handlers: { slice: () => Float32Array.of(1, NaN, 3) }, listeners: {} });
    const client = new Channel<Slice, None, None, None>(over(port1), { handlers: {}, listeners: {} });
    assert.deepEqual(await client.ask('slice', null), Float32Array.of(1, NaN, 3));
    client.close('end of test');
    server.close('end of test');
    port1.close();
  });
});
