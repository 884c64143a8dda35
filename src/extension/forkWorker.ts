import { fork } from 'node:child_process';
import { processPort } from '../protocol/processPort';
import type { WorkerProcess } from './workerClient';

/** Starts the worker entry in a process of its own; `memory` is the limit of its heap in MB. */
export function forkWorker(entry: string, memory: number): WorkerProcess {
  const child = fork(entry, [], { serialization: 'advanced', execArgv: [`--max-old-space-size=${memory}`], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  return { port: processPort(child), kill: () => void child.kill('SIGKILL') };
}
