import { Channel, type Guards, type Handlers } from '../protocol/channel';
import { processPort, type MessagingProcess } from '../protocol/processPort';
import type { SupervisedCalls } from '../protocol/supervision';
import type { WorkerCalls, WorkerEvents } from '../protocol/workerCalls';

/** A worker asks nothing of its parent and hears no events. */
type Nothing = Record<string, never>;

/** Says something to the parent without an answer. After the parent has gone it says nothing. */
export type Tell = <K extends keyof WorkerEvents>(name: K, value: WorkerEvents[K]) => void;

export interface ServeOptions {
  /** The handlers, given the way to speak by themselves. */
  readonly handlers: (tell: Tell) => Handlers<WorkerCalls>;
  readonly guards: Guards;
  /** Called once, when the parent has gone and what was running has come to its end. */
  readonly end: () => void;
  /** ms that what runs is given after the parent has gone, to write its last checkpoint. */
  readonly grace: number;
}

/** Serves the calls until the parent goes, then gives what runs its abort, waits for it, and calls `end`. */
export function serve(process: MessagingProcess, options: ServeOptions): Tell {
  const port = processPort(process);
  const running = new Set<Promise<unknown>>();
  const tell: Tell = (name, value) => channel.tell(name, value);
  const channel = new Channel<Nothing, WorkerEvents, SupervisedCalls, Nothing>(port, {
    handlers: { ...watched(options.handlers(tell), running), heartbeat: () => Date.now() },
    listeners: {},
    askGuards: options.guards,
    onDropped: (reason) => tell('log', { level: 'warn', message: `Dropped ${reason}` }),
  });
  const stopListening = port.onClose(() => {
    stopListening();
    // The channel has listened longer, so the aborts are out by now.
    const grace = new Promise((resolve) => setTimeout(resolve, options.grace));
    void Promise.race([Promise.allSettled(running), grace]).then(options.end);
  });
  return tell;
}

/** The same handlers; what they are at is among `running` while it lasts. */
function watched(handlers: Handlers<WorkerCalls>, running: Set<Promise<unknown>>): Handlers<WorkerCalls> {
  const watch = ([name, handler]: [string, unknown]): [string, unknown] => [name, async (ask: unknown, signal: AbortSignal) => {
    const work = Promise.resolve((handler as (ask: unknown, signal: AbortSignal) => unknown)(ask, signal));
    running.add(work);
    try {
      return await work;
    } finally {
      running.delete(work);
    }
  }];
  return Object.fromEntries(Object.entries(handlers).map(watch)) as Handlers<WorkerCalls>;
}
