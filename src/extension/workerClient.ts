import { SurgeryError } from '../core/errors';
import { Channel, type Port } from '../protocol/channel';
import type { SupervisedCalls } from '../protocol/supervision';
import type { WorkerCalls, WorkerEvents } from '../protocol/workerCalls';

/** A running worker process. */
export interface WorkerProcess {
  readonly port: Port;
  kill(): void;
  /** Lets it go: it ends by itself, after a last checkpoint. */
  leave(): void;
}

export interface WorkerClientOptions {
  readonly name: string;
  readonly start: () => WorkerProcess;
  /** ms; a call that takes longer costs the process its life. Null: no deadline (training). */
  readonly deadline: number | null;
  /** ms without a sign of life that cost the process its life. Null: the deadline of a call suffices. A process is silent
   *  while it is busy with one long step. */
  readonly silence: number | null;
  /** ms without a call after which the process is let go; the next call starts another. */
  readonly idle: number;
  readonly onEvent: (name: keyof WorkerEvents, event: WorkerEvents[keyof WorkerEvents]) => void;
  /** Says what ended, for the notification. */
  readonly onEnded: (name: string, reason: string) => void;
  readonly now: () => number;
}

type HostChannel = Channel<SupervisedCalls, object, object, WorkerEvents>;

/** ms */
const restartWindow = 180_000;
/** ms between two questions for a sign of life */
const heartbeatEvery = 5_000;
const restartsAllowed = 2;

/** A worker process: started on first need, watched, started again at most twice in three minutes. Nothing is replayed. */
export class WorkerClient {
  private running: { readonly process: WorkerProcess; readonly channel: HostChannel; readonly watch: NodeJS.Timeout | undefined } | null = null;
  private failures: number[] = [];
  private disposed = false;
  private pending = 0;
  private resting: NodeJS.Timeout | undefined;

  constructor(private readonly options: WorkerClientOptions) {}

  /** Rejects with the worker's error, `worker-ended` when it died, `deadline` when it was killed for taking too long. */
  async ask<K extends keyof WorkerCalls>(name: K, value: WorkerCalls[K]['ask'], signal?: AbortSignal): Promise<WorkerCalls[K]['reply']> {
    const { channel } = this.need();
    clearTimeout(this.resting);
    this.pending += 1;
    try {
      return await this.askInTime(channel, name, { value, signal });
    } finally {
      this.pending -= 1;
      if (this.pending === 0) this.rest();
    }
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.resting);
    this.release('it was no longer needed', this.leavesGently);
  }

  /** A run writes its last checkpoint; a reader may hang in a hostile file and has nothing to save. */
  private get leavesGently(): boolean {
    return this.options.deadline === null;
  }

  private rest(): void {
    this.resting = setTimeout(() => this.release('it was idle', this.leavesGently), this.options.idle);
    this.resting.unref();
  }

  private async askInTime<K extends keyof WorkerCalls>(channel: HostChannel, name: K, { value, signal }: { readonly value: WorkerCalls[K]['ask']; readonly signal: AbortSignal | undefined }): Promise<WorkerCalls[K]['reply']> {
    const { deadline } = this.options;
    if (deadline === null) return channel.ask(name, value, signal);
    const life = { late: false };
    const timer = setTimeout(() => {
      life.late = true;
      this.end(`${name} took longer than ${deadline} ms`);
    }, deadline);
    try {
      return await channel.ask(name, value, signal);
    } catch (thrown) {
      if (!life.late) throw thrown;
      throw new SurgeryError('deadline', `${name} took too long and was ended`, { expected: `at most ${deadline} ms`, cause: thrown });
    } finally {
      clearTimeout(timer);
    }
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
    const channel = new Channel<SupervisedCalls, object, object, WorkerEvents>(process.port, {
      handlers: {},
      listeners: { run: (event) => this.options.onEvent('run', event), verdict: (event) => this.options.onEvent('verdict', event), log: (event) => this.options.onEvent('log', event), install: (event) => this.options.onEvent('install', event) },
    });
    this.running = { process, channel, watch: this.watch(channel) };
    process.port.onClose(() => { if (this.running?.process === process) this.end('its process ended'); });
    return this.running;
  }

  /** Asks for a sign of life again and again, one question at a time. */
  private watch(channel: HostChannel): NodeJS.Timeout | undefined {
    const { silence, now } = this.options;
    if (silence === null) return undefined;
    let alive = now();
    let asked = false;
    const answered = (): void => {
      alive = now();
      asked = false;
    };
    return setInterval(() => {
      if (now() - alive > silence) this.end(`it gave no sign of life for ${Math.round((now() - alive) / 1000)} s`);
      if (asked) return;
      asked = true;
      channel.ask('heartbeat', null).then(answered, () => undefined);
    }, heartbeatEvery);
  }

  private end(reason: string): void {
    if (!this.running) return;
    this.failures.push(this.options.now());
    this.release(reason, false);
    this.options.onEnded(this.options.name, reason);
  }

  private release(reason: string, gently: boolean): void {
    const ended = this.running;
    if (!ended) return;
    this.running = null;
    clearInterval(ended.watch);
    ended.channel.close(reason);
    if (gently) ended.process.leave();
    else ended.process.kill();
  }
}
