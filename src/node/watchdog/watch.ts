import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SurgeryError, type ErrorRecord } from '../../core/errors';

/** What the thread that watches is told. */
export interface Watched {
  /** One number, which the main thread counts up while its event loop turns. */
  readonly beats: Int32Array;
  /** ms without a beat after which the process is ended */
  readonly silence: number;
  readonly error: ErrorRecord;
  readonly json: boolean;
}

/** Looks, and beats, in each silence. A machine that slept has not looked meanwhile. */
export const looks = 10;

export interface WatchOptions {
  /** s; 0: nothing is watched */
  readonly silence: number;
  readonly json: boolean;
  /** What whoever reads the error can do. */
  readonly expected: string;
}

/**
 * Watches the main thread from another one: where a native call of the engine never comes back, no timer and no signal handler of
 * ours runs, so that the process would hang for ever. It is then ended with `deadline`; what is on the disk stays. The bundle of the
 * other thread lies beside the one that runs; started from sources there is none, and nothing is watched.
 */
export function watchMainThread({ silence: seconds, json, expected }: WatchOptions): { end(): void } {
  const entry = join(dirname(realpathSync(process.argv[1])), 'watchdog.cjs');
  if (seconds === 0 || !existsSync(entry)) return { end: () => undefined };
  const silence = 1000 * seconds;
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const error = new SurgeryError('deadline', 'The engine did not come back from a call; the process was ended.', { expected, received: `nothing for ${seconds} s` });
  const watched: Watched = { beats, silence, error: error.toRecord(), json };
  const thread = new Worker(entry, { workerData: watched, execArgv: [] });
  thread.unref();
  // A thread that cannot be started watches nothing; the run is none the worse.
  thread.on('error', () => undefined);
  const heart = setInterval(() => Atomics.add(beats, 0, 1), silence / looks / 2);
  heart.unref();
  return {
    end: () => {
      clearInterval(heart);
      void thread.terminate();
    },
  };
}
