import { fork, type ChildProcess } from 'node:child_process';
import { fromErrorRecord, SurgeryError } from '../../core/errors';
import type { FeatureBudget } from '../../core/run/features';
import type { ArmRun, ArmRunner, ArmTask } from '../../core/verdict/runArm';
import { laneArgument, type LaneAsk, type LaneReply } from './laneMessages';
import type { ArmsOfPlan } from './localRunner';

export interface LanesOptions {
  /** The runner of this process, which is a lane too. */
  readonly own: ArmRunner;
  /** Script that becomes a lane when it is started with `laneArgument`; null: this process alone. */
  readonly entry: string | null;
  /** Of all, this process among them. */
  readonly count: number;
  readonly asked: ArmsOfPlan;
  readonly engine: { readonly name: string; readonly version: string };
  /** What one of them may keep. */
  readonly features: FeatureBudget;
  readonly signal: AbortSignal | undefined;
  /** ms without a sign of life after which a process is ended; ten minutes where left out */
  readonly silence?: number;
}

const SILENCE = 600_000;
/** How often a process is asked for a sign of life before it counts as silent. */
const PINGS = 10;

interface Waiting {
  readonly task: ArmTask;
  readonly resolve: (run: ArmRun) => void;
  readonly reject: (thrown: unknown) => void;
}

/**
 * Trains arms in several processes: each has its own engine, so that small models use every core. A process that does not come up
 * or dies is done without; what it was at is given to another.
 */
export class Lanes implements ArmRunner {
  readonly lanes: number;
  private readonly waiting: Waiting[] = [];
  private readonly children = new Set<ChildProcess>();
  private ownIsBusy = false;
  private started = false;
  /** Lanes that wait for a task. */
  private readonly free = new Set<() => void>();

  constructor(private readonly options: LanesOptions) {
    const { entry, count } = options;
    this.lanes = entry === null ? 1 : Math.max(1, count);
    options.signal?.addEventListener('abort', () => this.dispose(), { once: true });
  }

  run(task: ArmTask): Promise<ArmRun> {
    return new Promise((resolve, reject) => {
      this.startAll();
      this.waiting.push({ task, resolve, reject });
      this.free.forEach((take) => take());
      void this.workHere();
    });
  }

  /** Ends the other processes. What they were at is computed here, unless the verdict was stopped. */
  dispose(): void {
    for (const child of this.children) child.kill('SIGKILL');
    this.children.clear();
  }

  private async workHere(): Promise<void> {
    if (this.ownIsBusy) return;
    this.ownIsBusy = true;
    try {
      for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
        await this.options.own.run(next.task).then(next.resolve, next.reject);
      }
    } finally {
      this.ownIsBusy = false;
    }
  }

  /** With the first task: a verdict that is whole already needs none. */
  private startAll(): void {
    const { entry, signal } = this.options;
    if (this.started || entry === null || signal?.aborted) return;
    this.started = true;
    for (let lane = 1; lane < this.lanes; lane++) this.start(entry);
  }

  private start(entry: string): void {
    // A desktop VS Code is Electron: without this it would open a window.
    const child = fork(entry, [laneArgument], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } });
    this.children.add(child);
    const { asked, engine, features } = this.options;
    let current: Waiting | undefined;
    const tell = (ask: LaneAsk): void => void child.send(ask, () => undefined);
    const take = (): void => {
      if (current || !this.children.has(child)) return;
      current = this.waiting.shift();
      if (!current) return;
      this.free.delete(take);
      tell({ kind: 'task', task: current.task });
    };
    const watch = this.watch(child, () => tell({ kind: 'ping' }));
    const giveBack = (): void => {
      watch.end();
      this.children.delete(child);
      this.free.delete(take);
      const left = current;
      current = undefined;
      if (left) this.redo(left);
    };
    child.on('message', (reply: LaneReply) => {
      watch.heard();
      if (reply.kind === 'alive') return;
      const ended = current;
      current = undefined;
      if (reply.kind === 'ready' ? reply.version !== engine.version : !ended && reply.kind === 'failed') {
        // Another engine would make pairs that cannot be compared.
        child.kill('SIGKILL');
        return;
      }
      if (reply.kind === 'done') ended?.resolve(reply.run);
      if (reply.kind === 'failed') ended?.reject(fromErrorRecord(reply.error));
      this.free.add(take);
      take();
    });
    child.on('exit', giveBack);
    child.on('error', giveBack);
    tell({ kind: 'begin', asked, features, engine: engine.name });
  }

  /** A native call that does not come back leaves a process alive and silent: what it was at is then given to another. */
  private watch(child: ChildProcess, ping: () => void): { heard(): void; end(): void } {
    let unanswered = 0;
    const timer = setInterval(() => {
      unanswered += 1;
      if (unanswered > PINGS) child.kill('SIGKILL');
      else ping();
    }, (this.options.silence ?? SILENCE) / PINGS);
    timer.unref();
    return {
      heard: () => { unanswered = 0; },
      end: () => clearInterval(timer),
    };
  }

  private redo(left: Waiting): void {
    if (this.options.signal?.aborted) {
      left.reject(new SurgeryError('stopped', 'The verdict was stopped.'));
      return;
    }
    this.waiting.unshift(left);
    this.free.forEach((take) => take());
    void this.workHere();
  }
}
