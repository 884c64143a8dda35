import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { SurgeryError } from '../../core/errors';
import type { RunEvent } from '../../core/run/events';

/** Events after which a reader of the log may rely on what stands before them. */
const milestones: ReadonlySet<RunEvent['type']> = new Set(['start', 'receipt', 'result', 'saved', 'stopped', 'failed']);

/**
 * The log of one run on disk: a JSON line for each event, in their order, flushed to the disk at the start, at the end of
 * each phase and at the end of the run. `progress` is not of the log. A crash costs at most the lines since the last flush
 * and may tear the last one.
 */
export class RunLog {
  private descriptor: number | null;

  /** Begins an empty log. Throws `write-failed`. */
  constructor(private readonly path: string) {
    this.descriptor = this.guarded(() => {
      mkdirSync(dirname(path), { recursive: true });
      return openSync(path, 'w');
    });
  }

  /** Throws `write-failed`, on a full disk say. */
  append(event: RunEvent): void {
    const { descriptor } = this;
    if (descriptor === null || event.type === 'progress') return;
    this.guarded(() => {
      writeSync(descriptor, `${JSON.stringify(event)}\n`);
      if (milestones.has(event.type)) fsyncSync(descriptor);
    });
  }

  /** Safe to repeat. */
  close(): void {
    const { descriptor } = this;
    this.descriptor = null;
    if (descriptor === null) return;
    this.guarded(() => {
      try {
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    });
  }

  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw new SurgeryError('write-failed', 'The log of the run could not be written.', {
        expected: 'room in a folder that can be written', received: (cause as NodeJS.ErrnoException).code ?? String(cause), where: this.path, cause,
      });
    }
  }
}
