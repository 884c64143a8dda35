import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { SurgeryError } from '../../core/errors';
import type { Finished, PairRecord, VerdictEvent } from '../../core/verdict/records';
import type { Tuning } from '../../core/verdict/tune';

/** What a verdict has finished, on disk: a JSON line for each tuning and each pair, flushed as they come. */
export class VerdictLog {
  private descriptor: number | null = null;

  constructor(private readonly path: string) {}

  /** What is there. A line that was torn by a crash is cut off and its pair computed again. Throws `write-failed`. */
  read(): Finished {
    const descriptor = this.open();
    const bytes = readFileSync(descriptor);
    const end = bytes.lastIndexOf(10) + 1;
    if (end < bytes.length) ftruncateSync(descriptor, end);
    const events = new TextDecoder().decode(bytes.subarray(0, end)).split('\n').filter(Boolean).map((line) => JSON.parse(line, revive) as VerdictEvent);
    return {
      tunings: events.flatMap((event): Tuning[] => (event.type === 'tuned' ? [event.tuning] : [])),
      pairs: events.flatMap((event): PairRecord[] => (event.type === 'pair' ? [event.record] : [])),
    };
  }

  /** Keeps what costs time to compute. Throws `write-failed`. */
  append(event: VerdictEvent): void {
    if (event.type !== 'tuned' && event.type !== 'pair') return;
    try {
      const descriptor = this.open();
      writeSync(descriptor, `${JSON.stringify(event, infinityAsWord)}\n`);
      fsyncSync(descriptor);
    } catch (cause) {
      throw this.failed(cause);
    }
  }

  /** Safe to repeat. */
  close(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
  }

  private open(): number {
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      return (this.descriptor ??= openSync(this.path, 'a+'));
    } catch (cause) {
      throw this.failed(cause);
    }
  }

  private failed(cause: unknown): SurgeryError {
    return new SurgeryError('write-failed', 'The finished pairs of the verdict could not be written.', {
      expected: 'room in a folder that can be written', received: (cause as NodeJS.ErrnoException).code ?? String(cause), where: this.path, cause,
    });
  }
}

/** JSON has no Infinity; the loss of an arm that diverged is one. */
export function infinityAsWord(_key: string, value: unknown): unknown {
  return value === Infinity ? 'Infinity' : value;
}

function revive(_key: string, value: unknown): unknown {
  return value === 'Infinity' ? Infinity : value;
}
