import { SurgeryError } from '../core/errors';
import { Channel, type Port } from '../protocol/channel';
import type { SupervisedCalls } from '../protocol/supervision';
import type { WorkerCalls, WorkerEvents } from '../protocol/workerCalls';

/** A running worker process. */
export interface WorkerProcess {
  readonly port: Port;
  kill(): void;
}

export interface WorkerClientOptions {
  readonly name: string;
  readonly start: () => WorkerProcess;
  /** ms; a call that takes longer costs the process its life. Null: no deadline (training). */
  readonly deadline: number | null;
  readonly onEvent: (name: keyof WorkerEvents, event: WorkerEvents[keyof WorkerEvents]) => void;
  /** Says what ended, for the notification. */
  readonly onEnded: (name: string, reason: string) => void;
  readonly now: () => number;
}

type HostChannel = Channel<SupervisedCalls, Record<never, never>, Record<never, never>, WorkerEvents>;

/** ms */
const restartWindow = 180_000;
/** ms between two signs of life; three missed ones end the process. */
const heartbeatEvery = 5_000;
const restartsAllowed = 2;

/** A worker process: started on first need, watched, started again at most twice in three minutes. Nothing is replayed. */
export class WorkerClient {
  private running: { readonly process: WorkerProcess; readonly channel: HostChannel; readonly watch: NodeJS.Timeout } | null = null;
  private failures: number[] = [];
  private disposed = false;

  constructor(private readonly options: WorkerClientOptions) {}

  /** Rejects with the worker's error, `worker-ended` when it died, `deadline` when it was killed for taking too long. */
  async ask<K extends keyof WorkerCalls>(name: K, value: WorkerCalls[K]['ask'], signal?: AbortSignal): Promise<WorkerCalls[K]['reply']> {
    const { channel } = this.need();
    const { deadline } = this.options;
    if (deadline === null) return channel.ask(name, value, signal);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.end(`${name} took longer than ${deadline} ms`);
    }, deadline);
    try {
      return await channel.ask(name, value, signal);
    } catch (thrown) {
      if (!late) throw thrown;
      throw new SurgeryError('deadline', `${name} took too long and was ended`, { expected: `at most ${deadline} ms`, cause: thrown });
    } finally {
      clearTimeout(timer);
    }
  }

  dispose(): void {
    this.disposed = true;
    this.release('it was no longer needed');
  }

  private need(): { readonly channel: HostChannel } {
    if (this.running) return this.running;
    if (this.disposed) throw new SurgeryError('worker-ended', `${this.options.name} was closed`);
    this.failures = this.failures.filter((time) => this.options.now() - time < restartWindow);
    if (this.failures.length > restartsAllowed) {
      throw new SurgeryError('worker-ended', `${this.options.name} ended ${this.failures.length} times within three minutes and is not started again yet`);
    }
    return this.begin();
  }

  private begin(): { readonly channel: HostChannel } {
    const process = this.options.start();
    const channel = new Channel<SupervisedCalls, Record<never, never>, Record<never, never>, WorkerEvents>(process.port, {
      handlers: {},
      listeners: { run: (event) => this.options.onEvent('run', event), log: (event) => this.options.onEvent('log', event) },
    });
    let missed = 0;
    const watch = setInterval(() => {
      missed += 1;
      if (missed > 3) return this.end('it gave no sign of life');
      channel.ask('heartbeat', null).then(() => { missed = 0; }, () => undefined);
    }, heartbeatEvery);
    this.running = { process, channel, watch };
    process.port.onClose(() => { if (this.running?.process === process) this.end('its process ended'); });
    return this.running;
  }

  private end(reason: string): void {
    if (!this.running) return;
    this.failures.push(this.options.now());
    this.release(reason);
    this.options.onEnded(this.options.name, reason);
  }

  private release(reason: string): void {
    const ended = this.running;
    if (!ended) return;
    this.running = null;
    clearInterval(ended.watch);
    ended.channel.close(reason);
    ended.process.kill();
  }
}
