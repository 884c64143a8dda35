import type { WorkerCalls } from './workerCalls';

/** What the extension host asks of a worker process: its work, and a sign of life. */
export interface SupervisedCalls extends WorkerCalls {
  heartbeat: { ask: null; reply: number };
}
