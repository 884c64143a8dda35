import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunEvent } from '../../../src/core/run/events';
import type { VerdictEvent } from '../../../src/core/verdict/records';
import { Channel } from '../../../src/protocol/channel';
import { processPort } from '../../../src/protocol/processPort';
import type { SupervisedCalls } from '../../../src/protocol/supervision';
import type { WorkerEvents } from '../../../src/protocol/workerCalls';

const root = resolve(import.meta.dirname, '../../..');

type Nothing = Record<string, never>;

/** A real worker process and the parent's end of the conversation. */
export interface ForkedWorker {
  readonly child: ChildProcess;
  readonly channel: Channel<SupervisedCalls, Nothing, Nothing, WorkerEvents>;
  /** Every event of a run so far. */
  readonly events: readonly RunEvent[];
  /** Every event of a verdict so far. */
  readonly verdictEvents: readonly VerdictEvent[];
  /** Resolves with the first event, heard already or from now on, that fits. */
  heard(fits: (event: RunEvent) => boolean): Promise<RunEvent>;
  readonly ended: Promise<number | null>;
}

/** The bundle where it is newer than every source, else the source itself. */
function workerEntry(): { readonly file: string; readonly args: readonly string[] } {
  const bundle = join(root, 'dist/worker.cjs');
  const sources = ['core', 'engine', 'node', 'protocol', 'worker'].flatMap((room) =>
    readdirSync(join(root, 'src', room), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => join(root, 'src', room, name)));
  const written = existsSync(bundle) ? statSync(bundle).mtimeMs : 0;
  return sources.every((file) => statSync(file).mtimeMs < written) ? { file: bundle, args: [] } : { file: join(root, 'src/worker/main.ts'), args: ['--import', 'tsx'] };
}

export function startWorker(): ForkedWorker {
  const { file, args } = workerEntry();
  const child = fork(file, [], { serialization: 'advanced', execArgv: [...args], cwd: root, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const events: RunEvent[] = [];
  const verdictEvents: VerdictEvent[] = [];
  const waiting = new Set<{ fits: (event: RunEvent) => boolean; resolve: (event: RunEvent) => void }>();
  const hear = (event: RunEvent): void => {
    events.push(event);
    for (const one of [...waiting].filter(({ fits }) => fits(event))) {
      waiting.delete(one);
      one.resolve(event);
    }
  };
  return {
    child,
    events,
    verdictEvents,
    channel: new Channel(processPort(child), { handlers: {}, listeners: { run: hear, verdict: (event: VerdictEvent) => { verdictEvents.push(event); }, log: () => {}, install: () => {} } }),
    heard: (fits) => new Promise((resolve) => {
      const found = events.find(fits);
      if (found) resolve(found);
      else waiting.add({ fits, resolve });
    }),
    ended: new Promise((resolve) => child.once('exit', (code) => resolve(code))),
  };
}
