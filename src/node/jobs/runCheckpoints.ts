import { join } from 'node:path';
import { SurgeryError } from '../../core/errors';
import type { Clock } from '../../core/ports';
import type { Checkpoint, CheckpointSink } from '../../core/run/checkpoint';
import type { RunEvent } from '../../core/run/events';
import { CheckpointStore } from '../checkpoint/checkpointStore';

/** Beside the models of a run. */
export const checkpointFolder = 'checkpoints';

/** ms between two checkpoints; a crash costs no more than this */
export const checkpointInterval = 10_000;

/** Writing them takes at most one part in so many of a run's time. */
const share = 20;

/** What a checkpoint's files hold: where the run stands, what it has said so far, and which run it is. */
interface SavedRun {
  readonly identity: string;
  readonly engine: { readonly name: string; readonly version: string };
  readonly events: readonly RunEvent[];
  readonly checkpoint: Checkpoint;
}

export interface ResumePoint {
  readonly checkpoint: Checkpoint;
  /** All events up to it, `seq` from 0. */
  readonly events: readonly RunEvent[];
  readonly name: string;
  readonly broken: readonly string[];
}

export interface RunCheckpointsOptions {
  /** The folder of the run. */
  readonly out: string;
  readonly identity: string;
  readonly engine: { readonly name: string; readonly version: string };
  readonly clock: Clock;
  /** ms */
  readonly interval: number;
  /** What the run has said. */
  readonly events: () => readonly RunEvent[];
}

/** Saves a run from time to time, and finds where it can go on. */
export class RunCheckpoints implements CheckpointSink {
  private readonly store: CheckpointStore;
  private next: number;

  constructor(private readonly options: RunCheckpointsOptions) {
    this.store = new CheckpointStore(join(options.out, checkpointFolder));
    this.next = options.clock.now() + options.interval;
  }

  due(): boolean {
    return this.options.clock.now() >= this.next;
  }

  async save(checkpoint: Checkpoint): Promise<void> {
    const { identity, engine, events, clock, interval } = this.options;
    const began = clock.now();
    const saved: SavedRun = { identity, engine: { name: engine.name, version: engine.version }, events: events(), checkpoint };
    await this.store.save(saved);
    const now = clock.now();
    this.next = now + (interval === 0 ? 0 : Math.max(interval, share * (now - began)));
  }

  clear(): Promise<void> {
    return this.store.clear();
  }

  /** Throws `resume-refused` where the checkpoint is of another run, `file-missing`, `format-broken`. */
  async find(): Promise<ResumePoint> {
    const { identity, engine, out } = this.options;
    const { name, value, broken } = await this.store.latest();
    const saved = value as SavedRun;
    if (saved.engine.name !== engine.name || saved.engine.version !== engine.version) {
      throw refused('The run was computed by another engine.', { expected: `${saved.engine.name} ${saved.engine.version}`, received: `${engine.name} ${engine.version}`, where: out });
    }
    if (saved.identity === identity) return { checkpoint: saved.checkpoint, events: saved.events, name, broken };
    throw refused('The checkpoint is of another run: plan, model, seed or data have changed since.', { expected: saved.identity, received: identity, where: out });
  }
}

function refused(message: string, details: { readonly expected: string; readonly received: string; readonly where: string }): SurgeryError {
  return new SurgeryError('resume-refused', message, details);
}
