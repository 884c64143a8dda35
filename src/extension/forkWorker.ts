import { fork } from 'node:child_process';
import { processPort } from '../protocol/processPort';
import type { WorkerProcess } from './workerClient';

export interface ForkOptions {
  /** The worker's bundle. */
  readonly entry: string;
  /** Limit of its heap in MB. */
  readonly memory: number;
  /** Beside the environment of this process. */
  readonly environment: NodeJS.ProcessEnv;
  /** What it or a native library inside it prints. */
  readonly onOutput: (text: string) => void;
}

/** Starts the worker entry in a process of its own. */
export function forkWorker({ entry, memory, environment, onOutput }: ForkOptions): WorkerProcess {
  const child = fork(entry, [], {
    serialization: 'advanced',
    execArgv: [`--max-old-space-size=${memory}`],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A desktop VS Code is Electron: without this it would open a window.
    env: { ...process.env, ...environment, ELECTRON_RUN_AS_NODE: '1' },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => onOutput(text.trimEnd()));
  // A process that cannot be started says `error` and then closes its channel.
  child.on('error', (error) => onOutput(error.message));
  return { port: processPort(child), kill: () => void child.kill('SIGKILL'), leave: () => { if (child.connected) child.disconnect(); } };
}
