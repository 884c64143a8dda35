import { InvalidArgumentError, Option } from 'commander';
import { watchMainThread } from '../node/watchdog/watch';
import type { Terminal } from './terminal';

/** s; compiling a large network is one call too */
const ENGINE_TIMEOUT = 600;

/** `--engine-timeout`, of every command that computes; the seconds are for `watched`. */
export function engineTimeoutOption(): Option {
  return new Option('--engine-timeout <seconds>', 'ends it where the engine does not come back from a call for so long; 0: never').default(ENGINE_TIMEOUT).argParser(wholeNumber);
}

export interface EngineTimeout {
  /** s */
  readonly engineTimeout: number;
}

/** Works under the watch of another thread. `after` says what there is to do where the engine hangs. */
export async function watched<T>({ json }: Terminal, { engineTimeout, after }: EngineTimeout & { readonly after: string }, work: () => Promise<T>): Promise<T> {
  const watch = watchMainThread({ silence: engineTimeout, json, expected: `a step within --engine-timeout; ${after}` });
  try {
    return await work();
  } finally {
    watch.end();
  }
}

/** From 0. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a whole number is expected');
  return Number(text);
}
