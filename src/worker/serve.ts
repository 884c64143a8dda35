import { Channel, type Guards, type Handlers } from '../protocol/channel';
import { processPort, type MessagingProcess } from '../protocol/processPort';
import type { SupervisedCalls } from '../protocol/supervision';
import type { WorkerCalls, WorkerEvents } from '../protocol/workerCalls';

export type WorkerChannel = Channel<Record<never, never>, WorkerEvents, SupervisedCalls, Record<never, never>>;

/** Serves the calls until the parent goes, then gives what runs its abort and calls `end`. */
export function serve(process: MessagingProcess, handlers: Handlers<WorkerCalls>, options: { readonly guards: Guards; readonly end: () => void }): WorkerChannel {
  const port = processPort(process);
  const channel = new Channel<Record<never, never>, WorkerEvents, SupervisedCalls, Record<never, never>>(port, {
    handlers: { ...handlers, heartbeat: () => Date.now() },
    listeners: {},
    askGuards: options.guards,
  });
  port.onClose(options.end);
  return channel;
}
